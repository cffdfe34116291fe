//! Sendmail: found, and not yet read.

use super::Mta;

pub struct Sendmail;

impl Mta for Sendmail {
    fn name(&self) -> &'static str {
        "sendmail"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }
}
