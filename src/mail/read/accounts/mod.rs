//! The accounts of a host: what can receive mail, and every word that can log in.

mod report;

use crate::host::ask::Support;
use crate::host::parse::ParseError;
use crate::mail::panel;
use crate::model::untrusted::clean_line;
use crate::model::{Host, Profile};
use crate::shell::PartOutput;

pub use crate::mail::account::build::{Builder, Detail, Found};
pub use report::{ACCOUNTS_OUTPUT, AccountsReport};

/// What to run for the accounts.
pub fn parts(host: &Host, profile: &Profile) -> Support {
    match panel::find(profile.panel()).and_then(|p| p.accounts()) {
        Some(accounts) => Support::Yes(accounts.parts(host, profile)),
        None => Support::NotYet(not_yet(profile)),
    }
}

/// The report that playbooks see.
///
/// # Errors
/// When there is no answer at all, or the panel is not supported.
pub fn read(_: &Host, profile: &Profile, outputs: &[PartOutput]) -> Result<AccountsReport, ParseError> {
    let accounts = panel::find(profile.panel()).and_then(|p| p.accounts());
    let accounts = accounts.ok_or_else(|| ParseError::new("accounts", 0, not_yet(profile)))?;
    Ok(AccountsReport::new(accounts.read(profile, outputs)?))
}

fn not_yet(profile: &Profile) -> String {
    format!("panel {} was detected but is not supported", clean_line(profile.panel(), 40))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::profile::Found;

    #[test]
    fn a_panel_that_is_only_detected_says_so_and_the_others_are_read() {
        let support = |name: &str| {
            let panel = Found { name: name.into(), version: "1".into(), active: true };
            let host = Host::new(crate::model::HostName::parse("mx1").unwrap(), "mx1", 22, "root");
            parts(&host, &Profile { panels: vec![panel], ..Profile::default() })
        };
        for name in ["cpanel", "directadmin"] {
            assert_eq!(support(name), Support::NotYet(format!("panel {name} was detected but is not supported")));
        }
        for name in ["plesk", "virtualmin", "webmin", "plain"] {
            assert!(matches!(support(name), Support::Yes(_)), "{name}");
        }
    }
}
