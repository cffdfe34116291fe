//! Exim: found, and not yet read.

use super::Mta;

pub struct Exim;

impl Mta for Exim {
    fn name(&self) -> &'static str {
        "exim"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }
}
