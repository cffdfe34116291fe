//! Panels. Each is a folder here and a line in [`ALL`].

mod cpanel;
mod directadmin;
mod plain;
mod plesk;
mod virtualmin;
mod webmin;

use super::account::build::Found;
use crate::host::parse::ParseError;
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
    /// How its accounts are changed; none while that is not supported.
    fn control(&self) -> Option<&'static dyn Control> {
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

/// Changes one account. Every part gets the account's address in `$account`, which is an address or a Unix user's name by
/// the strict grammar of [`crate::model::mail`], needs root, and answers as [`crate::host::act`] says with that address as the
/// key. Where something cannot be done on a panel, there is no part for it, and the plan says so.
pub trait Control: Sync {
    /// Sets the password to `$fleet_secret`, which reaches no argument list and no environment but that of the panel's
    /// own command.
    fn set_password(&self) -> Option<Part>;
    /// The account can neither log in nor send; its mail stays. What was before goes to the folder `$dir`, which is there.
    fn disable(&self) -> Option<Part>;
    /// Takes back what [`disable`](Self::disable) did, by what it kept in `$dir`.
    fn enable(&self) -> Option<Part>;
    /// Lets the account send at most `$limit` messages an hour, 0 for none, `default` for what is usual.
    fn limit(&self) -> Option<Part>;
    /// Keeps the account's mail and settings in `$dir`, reads that back and compares, then deletes the account.
    fn delete(&self) -> Option<Part>;
    /// Makes the account again from `$dir`. Its password is `$fleet_secret`.
    fn restore(&self) -> Option<Part>;
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

    #[test]
    fn an_inventory_can_name_every_panel() {
        let names: Vec<&str> = super::ALL.iter().map(|p| p.name()).collect();
        assert_eq!(crate::inventory::schema::PANELS, names);
    }
}
