"""Background work: threads, processes, and pieces of work in the interface's own thread.

**Training.** The interface never trains. Between it and what trains there is one interface, of five modules:

- ``runner.Runner`` is the interface's side. It starts the worker, takes frames from it at a rate that the cost of
  drawing allows, and emits ``frame`` and ``reported``. ``session.training`` gives it orders.
- ``worker.Worker`` is the thread that trains. It owns every trainer. Other threads reach a trainer by orders only:
  ``begin``, ``go``, ``halt``, ``set_pace``, ``change``, ``call``, ``record``, ``note_figures``, ``forget``. Orders run
  between two steps, in the order in which they come; ``halt`` also takes effect before orders that wait.
- ``job.Job`` is a trainer and its stop condition. Its ``advance`` takes steps and sends reports to a ``ReportSink``:
  the worker itself, or a pipe in the training process. The job does not know which of the two it is in.
- ``training_process`` and ``training_main`` are the two ends of the process to which the worker lends a long training,
  if the machine has a core for it. Orders and reports cross two pipes as pickles. An order about the trainer makes
  the process hand the job back first; afterwards the worker lends it again. If the process dies, the run stops with
  the parameters that were displayed last.
- ``pace`` is how long a slow training waits between two steps. It stays in the worker, whose waits any order ends.
- ``reports`` defines what comes back. ``recorder.Recorder`` belongs to the job and writes its record in the library;
  ``RecorderState`` moves with the job, so that one side at a time writes.

Reports come back in two ways. A ``Frame`` (a copy of the parameters, for drawing) goes into a mailbox that holds one: a
new frame replaces the last, and the job makes the next one only when the last was taken. All other reports (epochs,
snapshots, pauses, errors, records) are queued in order and none is lost. If the interface falls behind, the process
waits with further epochs until it has caught up.

A run's life: ``begin`` makes a trainer → ``go`` → frames and ``Epochs`` → ``Stopped``, which says whether the training
has finished, reached its stop condition, failed, or was dropped. The worker keeps the trainers of the two runs used
last and makes others again when they are needed. Closing ends the thread after its step and kills the process.

**Other work.** ``serial_thread.SerialThread`` runs tasks one after the other and delivers results in the calling
thread; most of the following use one.

- ``latest.Latest``: a card's query; the newest request wins.
- ``stepwise.StepwiseTask``: long work that reports progress and can be cancelled.
- ``measurement.Measurement``: the figures of one network.
- ``library_thread.LibraryThread``: work on the library, with its own connection. ``library_watch``: writes by others.
- ``plans.Plans``: batches of runs and sweeps, by executors that ``executors`` chooses.
- ``data_reader``, ``data_process``, ``data_main``: data sets, in a process if they are large. ``reading``: networks.
- ``deferred_calls.CallQueue``: interface work in pieces, with mouse events handled in between.
"""
