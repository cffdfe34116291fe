//! Webmin without Virtualmin: its mail users are the system's Unix users, in the mail server's own tables.

use super::plain::{Plain, PlainControl};
use super::{Accounts, Control, Panel};

pub struct Webmin;

impl Panel for Webmin {
    fn name(&self) -> &'static str {
        "webmin"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }

    fn accounts(&self) -> Option<&'static dyn Accounts> {
        Some(&Plain)
    }

    /// Webmin keeps nothing of a user beside what the system has.
    fn control(&self) -> Option<&'static dyn Control> {
        Some(&PlainControl)
    }
}
