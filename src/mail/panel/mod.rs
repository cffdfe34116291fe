//! Panels. Each is a folder here and a line in [`ALL`].

mod cpanel;
mod directadmin;
mod plain;
mod plesk;
mod virtualmin;
mod webmin;

use super::ParseError;
use super::accounts::Found;
use crate::model::{Host, Profile};
use crate::shell::{Part, PartOutput};

/// Every panel that the probe looks for, the more particular first: Virtualmin stands upon Webmin.
pub static ALL: &[&dyn Panel] = &[
    &plesk::Plesk,
    &cpanel::Cpanel,
    &directadmin::DirectAdmin,
    &virtualmin::Virtualmin,
    &webmin::Webmin,
    &plain::Plain,
];

/// One panel: how it is found, and what can be asked of it.
pub trait Panel: Sync {
    /// The word of [`Profile::panel`](crate::model::Profile::panel), and the name of its folder.
    fn name(&self) -> &'static str;
    /// A piece of the probe's script; it calls `found panel NAME ACTIVE VERSION`.
    fn detect(&self) -> &'static str;
    /// How its accounts are read; none while that is not supported.
    fn accounts(&self) -> Option<&'static dyn Accounts> {
        None
    }
}

/// Lists the accounts that can receive or send mail.
pub trait Accounts: Sync {
    /// What to run.
    fn parts(&self, host: &Host, profile: &Profile) -> Vec<Part>;
    /// What came of it. The profile tells the host's clock.
    ///
    /// # Errors
    /// When there is no answer to the part that lists the accounts.
    fn read(&self, profile: &Profile, outputs: &[PartOutput]) -> Result<Found, ParseError>;
}

/// The panel of that name.
pub fn find(name: &str) -> Option<&'static dyn Panel> {
    ALL.iter().copied().find(|p| p.name() == name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_folder_is_in_the_list_under_its_name() {
        let listed = super::ALL.iter().map(|p| p.name().to_owned()).collect();
        assert_eq!(crate::mail::detect::testing::folders("src/mail/panel"), listed);
    }
}
