//! The verbs, by family: a table for each, and one entry in [`ALL`]; the same table serves the loader, the JSON Schema,
//! `fleet verbs` and `docs/verbs.md`.

pub mod process;
pub mod mail;
pub mod queue;
pub mod account;
pub mod host;
pub mod control;

use super::verb::Verb;

/// Every verb, reading first.
pub static ALL: &[&Verb] = &[
    &queue::inspect::VERB,
    &mail::senders::VERB,
    &mail::senders_identify::VERB,
    &mail::logins::VERB,
    &account::list::VERB,
    &mail::web_senders::VERB,
    &mail::signals::VERB,
    &host::os_support::VERB,
    &host::panel_support::VERB,
    &mail::watch::VERB,
    &process::command::VERB,
    &process::script::VERB,
    &control::finding::VERB,
    &control::findings::VERB,
    &control::incomplete::VERB,
    &mail::case_collect::VERB,
    &queue::change::HOLD,
    &queue::change::RELEASE,
    &queue::change::DELETE,
    &queue::change::RESTORE,
    &account::change::SET_PASSWORD,
    &account::change::DISABLE,
    &account::change::ENABLE,
    &account::change::LIMIT,
    &account::change::DELETE,
    &account::change::RESTORE,
    &account::change::SESSIONS_TERMINATE,
    &host::service::VERB,
    &host::copy::VERB,
    &control::flow::ASSERT,
    &control::flow::STOP,
    &control::flow::CONFIRM,
    &control::flow::INCLUDE,
];

/// The verb of that name.
pub fn find(name: &str) -> Option<&'static Verb> {
    ALL.iter().copied().find(|verb| verb.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::verb::Body;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_that_holds_a_verb_is_in_the_list_under_its_name() {
        let mut named = BTreeSet::new();
        let families = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/playbook/verbs")).unwrap();
        for family in families.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
            for file in std::fs::read_dir(family).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_file()) {
                let text = std::fs::read_to_string(&file).unwrap();
                for verb in text.split(": Verb = ").skip(1) {
                    named.insert(verb.split("name: \"").nth(1).unwrap().split('"').next().unwrap().to_owned());
                }
            }
        }
        let listed: BTreeSet<String> = ALL.iter().map(|v| v.name.to_owned()).collect();
        assert_eq!(named, listed, "left: the files; right: what ALL lists");
        assert_eq!(listed.len(), ALL.len(), "a verb is listed twice");
    }

    #[test]
    fn every_verb_is_documented_down_to_its_fields() {
        for verb in ALL {
            assert!(!verb.summary.is_empty() && !verb.doc.is_empty(), "{}", verb.name);
            assert!(verb.example.contains(verb.name), "{}", verb.name);
            assert!(verb.args.iter().chain(verb.output).all(|f| !f.doc.is_empty()), "{}", verb.name);
            if let Body::Reading(reading) = verb.body
                && let Some(gaps) = reading.gaps()
            {
                let told = |name: &&str| verb.output.iter().any(|f| f.name == *name);
                assert!([gaps.list].iter().chain(gaps.besides).all(told), "{}", verb.name);
            }
            if let Body::Changing(changing) = verb.body {
                assert_eq!(verb.output, changing.output(), "{}", verb.name);
            }
        }
    }
}
