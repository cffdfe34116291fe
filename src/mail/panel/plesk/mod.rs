//! Plesk: Obsidian (18), Onyx (17) and older.

mod accounts;
mod control;

use super::{Accounts, Control, Panel};

pub struct Plesk;

impl Panel for Plesk {
    fn name(&self) -> &'static str {
        "plesk"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }

    fn accounts(&self) -> Option<&'static dyn Accounts> {
        Some(&accounts::PleskAccounts)
    }

    fn control(&self) -> Option<&'static dyn Control> {
        Some(&control::PleskControl)
    }
}
