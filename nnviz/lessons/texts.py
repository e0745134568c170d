"""All texts of the lesson player: whole sentences with named values, so that they can be translated in one place.

Values are filled in by :meth:`str.format`. Titles, tooltips and messages of panel, head, menu, dialogs and report are
here; what a lesson says itself is in its file.
"""

from __future__ import annotations

# ---- head and menu

LESSON_NAME = "Lesson"
TABS_NAME = "Lesson or settings"
LESSON_TAB, LESSON_TAB_TIP = "Lesson", "Shows the lesson."
# What stands in the column without the lesson, by workspace.
COLUMN_TABS = {"train": "Settings", "inside": "Mistakes", "runs": "Runs"}
COLUMN_TAB_TIP = "Shows this in place of the lesson."
STEP_SHORT = "{number} of {steps}"
STEP_SPOKEN = "step {number} of {steps}"
STEP_BAR_NAME = "Step {number} of {steps}"
STEP_BAR_SKIPPED = "{bar}, skipped: {numbers}"
STEP_NAME = "Step {number} of {steps}: {title}"
PANEL_DESCRIPTION = "{lesson}, step {number} of {steps}: {title}"
MENU_NAME, MENU_TIP = "Menu of the lesson", "Resets the step, makes a report, or prints the lesson."
CLOSE_NAME = "Close the lesson"
CLOSE_TIP = "Leaves the lesson, which continues at this step. Settings, data, network, input and cards return."
RESET_STEP = "Reset step"
MENU_START_AGAIN = "Start again …"
MENU_REPORT = "Report …"
MENU_PRINT = "Print …"
LANGUAGE = "Language"
RELOAD = "Reload on save"
CHECK = "Check lesson"
MENU_CLOSE = "Close lesson"
LESSONS, LESSONS_TIP = "Lessons", "Lists the lessons. Those that you have finished have a tick."
OPEN_AT = "{title} · {position}"  # in that list, the lesson that is open
PILL = "Lesson · {position}"
PILL_NAME, PILL_TIP = "Back to the lesson", "Shows the lesson again."

# ---- text and questions

TEXT_NAME = "Text of the lesson"
NEEDS = "This lesson needs {packages}: pip install {command}"
CHOOSE_ONE, CHOOSE_ALL = "Choose one", "Choose all that are right"
OPTION_TIP = "Chooses this option."
RIGHT, WRONG = "Right.", "Wrong."
PREDICTED = "Try it, and see whether you are right."

# ---- fields, and directives that fail: a problem, and a remedy

HIDDEN = "Hidden neurons"
HIDDEN_TIP = "Sets the number of neurons of each hidden layer. Separate them by commas."
ANOTHER_NETWORK = "the network in training was replaced by another one", "Reset the step."
RECORDING_IS_OFF = "it is off, and seeds are recorded", "Switch it on: File → Record runs in the library."
CANNOT_TRAIN = "nothing can be trained now", "Correct the settings, or load data that suit the network."
NOT_LOADED = "it could not be loaded"
NO_BRANCH = "no branch can be made"
NO_CLASS = "it is no class of these data"
NO_NEURON, NO_HIDDEN_LAYERS = "the network does not have it", "The network has no hidden layers."
HIDDEN_LAYERS = "The hidden layers have {sizes} neurons."
NO_EXAMPLE, EXAMPLES = "the data have no such example", "Its {examples} examples are numbered from 0."
NO_IMAGES = "these data are no images", "Load images first, such as data mnist."
DOES_NOT_SUIT, LOAD_OTHER_DATA = "it does not suit these data", "Load other data first."
IMAGE_SOURCE = "the lesson"
NOT_MARKED = "The run could not be marked as one of the lesson"

# ---- goals, notes and buttons

GOALS_NAME = "Goals of this step"
GOAL_DONE, GOAL_NOT_DONE, GOAL_BY_PROGRAM = "done", "not done yet", "done by the program"
GOAL_PRESENT = "now {value}"
WAITS_FOR_RESET = "{setting} {value} waits for Reset. Until then it is {present}."
WAITS_FOR_TRAIN = "{setting} {value} acts when you press Train or Reset. Until then it is {present}."
WAITS_LOCKED = "{setting} {value} acts on another network. For this one it is {present}."
ALREADY_DONE = "Already done: press Next."
LOCKED = "Other controls are locked by this lesson."
TRAINS = "The lesson is training: controls are locked until its epochs are done."
CONTROL_LOCKED = "This lesson has locked it."
FAILED = "“{directive}”: {why}"
BACK, BACK_TIP = "Back", "Shows the previous step."
HINT, HINT_TIP = "Hint", "Shows a hint, and after the last one the solution."
SHOW_SOLUTION = "Show me"
SKIP, SKIP_TIP = "Skip", "Does what this step asks for, and continues. The report shows the step as skipped."
SKIP_AFTER_TRY = "You can skip this step in {time}, or after a wrong try."
SKIP_AFTER_TIME = "You can skip this step in {time}."
SKIP_BUSY = "The lesson is at work on this step. Wait until it is done."
SKIP_DONE = "All goals are met: press {button}."
SKIP_WITHOUT_SOLUTION = "This step cannot be skipped: the lesson has no solution for it."
SKIPPED = "Skipped. To do this step yourself, choose “Reset step” in the menu."
SOLUTION_SHOWN = "Solution shown. To do this step yourself, choose “Reset step” in the menu."
NEXT, NEXT_TIP = "Next", "Shows the next step when all goals are met."
FINISH = "Finish"

# ---- report and print

REPORT_BUTTON, REPORT_NAME = "Report …", "Report"
REPORT_DIALOG_NAME, REPORT_DIALOG_ASKS = "Name on the report", "Your name for the report:"
REPORT_DIALOG_SAVE = "Save …"
SAVE_REPORT, REPORT_FILES = "Save report", "Report (*.html)"
REPORT_FAILED, SAVED = "The report could not be saved", "Saved {name} in {folder}"
CURVES, INPUT = "Curves", "Input"
WRITTEN_IN = "en"  # the language of these texts
REPORT_WHO = "Name:"
REPORT_SUMMARY_STEPS = "{done} of {steps} steps done, {skipped} skipped."
REPORT_SUMMARY_ANSWERED = "{right_at_first_try} of {answered} answered questions right at the first try."
REPORT_SUMMARY_OPEN = "{open} of {questions} questions not answered."
REPORT_SUMMARY_TIME = "Time: {time}."
REPORT_ABOUT = "Date: {date}. Lesson: {lesson}, nnviz {version}."
REPORT_HEADS = ("Step", "Goals", "Result", "Figures", "Time", "Options chosen", "Runs started")
REPORT_RESULTS = {
    "done": "done",
    "read": "read",
    "skipped": "skipped",
    "solution shown": "skipped: solution shown",
    "not finished": "not finished",
    "not begun": "not begun",
}
REPORT_CHOSEN, REPORT_CHOSEN_BEFORE = "chosen", "chosen before"
REPORT_RIGHT, REPORT_WRONG = "✓ right", "✗ wrong"
PRINT_DIALOG_NAME = "Print the lesson"
PRINT_FAILED = "{name} could not be saved. Choose another folder."
WORKSHEET_NAME, WORKSHEET_DATE, WORKSHEET_GOALS = "Name:", "Date:", "Goals:"

# ---- opening and leaving a lesson

OPEN_DIALOG = "Open lesson"
LESSON_FILES = "Lessons (*.md *.nnvizlesson)"
OPEN_FAILED = "The lesson could not be opened"
TRANSLATION_FAILED = "The translation {name} could not be read"
RUN_IN_PROGRESS = "A run is in progress. “{title}” pauses it."
PAUSE_AND_OPEN, CANCEL = "Pause and open", "Cancel"
BEGUN = "“{title}” was begun {ago} ago. It is at step {number} of {steps}."
BEGUN_BEFORE = "“{title}” was begun. It is at step {number} of {steps}."
FINISHED_BEFORE = "“{title}” was finished {ago} ago. Starting again removes its answers."
START_AGAIN = "Start again"
ASK_START_AGAIN = "Start “{title}” again? Its answers and times so far are removed."
PAUSES = "{words} Opening it pauses the run in progress."
WAS_OPEN, CONTINUE = "The lesson “{title}” was open when nnviz ended.", "Continue"
OFFER = ("Start with a lesson, 10 minutes", "Start with a lesson", "First lesson")  # the longest that fits
CONTINUES = "“{title}” continues at step {number} when you open it again."
ASK_TO_FINISH = "You have finished “{title}”. Save the report now, or later with Lessons."
PROGRESS_TOO_LONG = (
    "Your progress in “{title}” is too long to be saved. What was saved before stays. "
    "Save a report before you close the lesson."
)
BACK_TO_LESSON = "Back to the lesson"
FINISHED = "Finished “{title}”. Settings, data, network, input and cards are as before the lesson."
FINISHED_AND_SAVED = "Finished “{title}”. The report is {name} in {folder}."
UNDO_CHANGE, UNDO_EXAMPLE = "change of the lesson", "example of the lesson"

# ---- authors

READ_AGAIN_FAILED = "The lesson could not be read again"
CHECKING = "Checking {name} … It trains every run of the lesson."
CHECK_ENDED, CHECK_DID_NOT_START = "The check ended early.", "The check did not start: {why}."
START_DIALOG, START_FILES = "Save as lesson start", "Lesson (*.md)"
START_FAILED = "The lesson could not be saved"
START_SAVED = "Saved {name}. {advice}Open it in an editor, and with File → Open lesson."
START_COPY = "Copy {name} next to it. "
