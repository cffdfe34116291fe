//! Virtualmin: found, and not yet read.

use super::Panel;

pub struct Virtualmin;

impl Panel for Virtualmin {
    fn name(&self) -> &'static str {
        "virtualmin"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }
}
