//! What the inventory exempts: newsletters, relays of applications, monitoring. An exemption has an owner and an
//! end; what it hides is told, and so is one that has ended.

use super::all::find;
use super::facts::Facts;
use super::report::{Exempted, Signal};
use crate::model::host::Exemption;

/// Signals that are told, and those that an exemption takes out. What a complaint was traced to is never exempt,
/// and neither is a sender that does not exist.
pub fn split(signals: Vec<Signal>, facts: &Facts<'_>) -> (Vec<Signal>, Vec<Exempted>) {
    let mut exempted = Vec::new();
    let told = signals
        .into_iter()
        .filter(|signal| match facts.exemptions.iter().find(|e| covers(e, signal, facts)) {
            Some(exemption) => {
                exempted.push(Exempted {
                    account: signal.account.clone(),
                    code: signal.code,
                    owner: exemption.owner.clone(),
                    until: exemption.until.to_string(),
                    reason: exemption.reason.clone(),
                });
                false
            }
            None => true,
        })
        .collect();
    (told, exempted)
}

fn covers(exemption: &Exemption, signal: &Signal, facts: &Facts<'_>) -> bool {
    let named = exemption.signals.is_empty() || exemption.signals.iter().any(|code| code == signal.code);
    named
        && exemption.until >= facts.today
        && exemption.account.eq_ignore_ascii_case(&signal.account)
        && signal.code != "SENDER_UNKNOWN"
        && !facts.is_reported(&signal.account)
}

/// Exemptions that have ended or name no signal, in words.
pub fn notes(facts: &Facts<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for exemption in facts.exemptions {
        let Exemption { account, owner, until, .. } = exemption;
        if *until < facts.today {
            notes.push(format!("the exemption of {account} expired on {until} (owner: {owner})"));
        }
        for code in exemption.signals.iter().filter(|code| find(code).is_none()) {
            notes.push(format!("the exemption of {account} names {code}, which is not a signal"));
        }
    }
    notes
}
