//! Plesk: Obsidian (18), Onyx (17) and older.

mod accounts;

use super::{Accounts, Panel};

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
}
