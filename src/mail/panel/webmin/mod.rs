//! Webmin: found, and not yet read.

use super::Panel;

pub struct Webmin;

impl Panel for Webmin {
    fn name(&self) -> &'static str {
        "webmin"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }
}
