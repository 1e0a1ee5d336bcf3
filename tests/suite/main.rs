//! Every integration test in one binary, so that the large dependencies are linked once. One file per subject.

mod chart_subjects;
mod charts;
mod learners;
mod metrics;
