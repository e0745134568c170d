"""The curve: data with one number as input and one as target, and what a network answers over them."""
