"""What tests of lessons share: a catalogue, and the example of the documentation."""

from __future__ import annotations

from nnviz.lessons.catalogue import Catalogue

CATALOGUE = Catalogue(
    frozenset({"mnist", "xor"}),
    frozenset({"Modern"}),
    frozenset({"curves", "mistakes"}),
    frozenset({"learning-rate", "reset", "train"}),
)
FRONT = "---\nlesson: 1\nid: too-large\ntitle: Too large\nlanguage: en\n---\n"
EXAMPLE = (
    FRONT
    + """Before the first step.

## A good start {#start}
Press Space and watch the *orange* curve.

![a curve](images/curve.png)
```do
data mnist
set hidden = 64, 32; learning-rate = 0.2; epochs = 3; seed = 1
new
lock all except train
point curves
```
```goal
epoch >= 3 and test-error < 6 %
```
```solution
train 3 epochs
```
> Look at the curve.

> Press Space.

## Ten times larger {#larger}
**Before you press Space:** what will happen?
- [ ] It learns ten times as fast
  > It would, if the slope stayed the same.
- [x] The error stays near 90 %
```do
unlock learning-rate, reset
```
```goal
answered
learning-rate = 2 and epoch >= 1 and test-error > 80 %
```
```solution
answer 2
set learning-rate = 2
new
train 1 epoch
```
"""
)
