//! One file per subject.

