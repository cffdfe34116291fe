//! Against the test bed.
