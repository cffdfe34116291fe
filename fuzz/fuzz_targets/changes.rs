//! What comes back of a change: a letter, then what a script says it did, the traces of its acts, the queue and the log read
//! afterwards, open sessions, and whether a password was taken.
#![no_main]

use fleet::host::act::{self, Evidence};
use fleet::mail::change::queue;
use fleet::mail::read::sessions;
use fleet::model::Row;
use fleet::shell::guard;
use fleet_fuzz::{NOW, mta, outputs, profile, safe_text, sound};
use std::collections::BTreeSet;

const NAMES: [&str; 8] = [
    "queue.delete",
    "change.traces",
    "queue.list",
    "queue.spool",
    "senders.log",
    "sessions.open",
    "sessions.log",
    "sessions.probe",
];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((letter, data)) = data.split_first() else { return };
    let (outputs, profile) = (outputs(data, &NAMES), profile(mta(*letter), "plain"));
    let ids = ["A2CDA9D291A", "B2CDA9D291B", "1xVg1Y-00000z-39", "6AO2DSR3000084", "10504133"];
    let rows: Vec<Row> = ids
        .iter()
        .map(|id| {
            let (id, sender) = ((*id).to_owned(), "info@example.jp".to_owned());
            Row::Message { id, arrival: NOW - 600, sender, size: 503, recipients: 1 }
        })
        .collect();
    let said = act::report(&outputs, "queue.delete", &BTreeSet::from(ids)).unwrap();
    assert!(said.rows.len() <= ids.len());
    sound(data, &said.rows);
    said.notes.iter().chain(&said.fault).for_each(|text| _ = safe_text(text));
    let traces = guard::read_traces(&outputs).unwrap_or_default();
    for evidence in [Evidence::Report(&said), Evidence::Traces(&traces)] {
        for operation in [queue::Operation::Hold, queue::Operation::Release, queue::Operation::Delete, queue::Operation::Restore] {
            match queue::judge(&profile, operation, &rows, evidence, &outputs) {
                Ok(ends) => {
                    // A row of which nothing is known is left out; none comes twice.
                    let keys: BTreeSet<&str> = ends.iter().map(|end| end.key.as_str()).collect();
                    assert!(keys.len() == ends.len() && keys.iter().all(|key| ids.contains(key)));
                }
                Err(fault) => _ = safe_text(&fault.to_string()),
            }
        }
    }
    if let Ok(open) = sessions::read(&profile, NOW, &outputs) {
        sound(data, &open);
    }
    if let Ok(probe) = sessions::read_probe(&outputs) {
        safe_text(&probe.how);
    }
});
