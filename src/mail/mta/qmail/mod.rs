//! qmail: found, and not yet read.

use super::Mta;

pub struct Qmail;

impl Mta for Qmail {
    fn name(&self) -> &'static str {
        "qmail"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }
}
