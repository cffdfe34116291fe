//! Virtualmin: mail users of domains, each a Unix user of its own, upon Webmin.

mod accounts;
mod control;

use super::{Accounts, Control, Panel};

pub struct Virtualmin;

impl Panel for Virtualmin {
    fn name(&self) -> &'static str {
        "virtualmin"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }

    fn accounts(&self) -> Option<&'static dyn Accounts> {
        Some(&accounts::VirtualminAccounts)
    }

    fn control(&self) -> Option<&'static dyn Control> {
        Some(&control::VirtualminControl)
    }
}
