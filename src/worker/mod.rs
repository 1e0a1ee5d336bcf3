//! Named threads, job queue, cancellation, panic fence. Runs jobs, knows no screen and cannot read a job.
