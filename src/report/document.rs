//! The document that `--output json` and `yaml` write. Its keys are a promise: raise [`SCHEMA_VERSION`] when
//! a reader of the old form would misread the new one.

use super::digest::{Digest, HostDigest};
use crate::model::untrusted::clean;
use crate::model::{HostStatus, Level, RunId, Summary};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub const SCHEMA_VERSION: u32 = 1;

/// A run with every selected host, in the order of selection.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    schema_version: u32,
    run: Option<&'a RunId>,
    playbook: Option<&'a str>,
    mode: Option<&'a str>,
    /// `plan` or `apply`; null where nothing is to be changed.
    purpose: Option<&'a str>,
    selector: Option<&'a str>,
    params: Option<&'a BTreeMap<String, Value>>,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    /// With every status and every level, zeros too.
    summary: Option<Summary>,
    hosts: &'a [HostDigest],
}

impl<'a> Document<'a> {
    pub fn new(digest: &'a Digest) -> Self {
        let info = digest.info.as_ref();
        Self {
            schema_version: SCHEMA_VERSION,
            run: digest.run.as_ref(),
            playbook: info.map(|i| i.playbook.as_str()),
            mode: info.map(|i| i.mode.as_str()),
            purpose: info.map(|i| i.purpose.as_str()).filter(|p| !p.is_empty()),
            selector: info.map(|i| i.selector.as_str()),
            params: info.map(|i| &i.params),
            started: digest.started,
            finished: digest.last,
            summary: digest.summary.clone().map(with_zeros),
            hosts: &digest.hosts,
        }
    }
}

fn with_zeros(mut summary: Summary) -> Summary {
    for status in HostStatus::ALL {
        summary.hosts.entry(status.word().into()).or_default();
    }
    for level in Level::WORDS {
        summary.findings.entry((*level).into()).or_default();
    }
    summary
}

/// JSON text in which no character can act on a terminal: each that could is escaped, as JSON allows
/// everywhere in a string, so a reader gets the same value.
pub fn visible(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut buffer = [0; 4];
        let alone: &str = c.encode_utf8(&mut buffer);
        if c.is_ascii_graphic() || matches!(c, '\n' | ' ') || clean(alone, 1) == alone {
            out.push(c);
        } else {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::Story;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_document_holds_every_selected_host() {
        let mut story = Story::new("audit", &["mx02", "mx01", "mx03"]);
        story.connect("mx02").step("mx02", "queue", Some(json!({"total": 3, "reason": "相手先"})));
        story.found("mx02", "QUEUE_LARGE", Level::Warn, "", json!({"total": 3})).note("mx02", "a note");
        story.end("mx02", HostStatus::Ok).unreachable("mx01").finish();
        let digest = story.digest();
        insta::assert_snapshot!(serde_json::to_string_pretty(&Document::new(&digest)).unwrap(), @r#"
        {
          "schema_version": 1,
          "run": "2026-11-24.3",
          "playbook": "audit",
          "mode": "read-only",
          "purpose": null,
          "selector": "tag:plesk & !tag:frozen",
          "params": {},
          "started": "2026-11-24T02:30:01Z",
          "finished": "2026-11-24T02:30:09Z",
          "summary": {
            "hosts": {
              "cancelled": 0,
              "failed": 0,
              "not-started": 1,
              "ok": 1,
              "refused": 0,
              "skipped": 0,
              "timed-out": 0,
              "unknown": 0,
              "unreachable": 1
            },
            "findings": {
              "critical": 0,
              "high": 0,
              "info": 0,
              "warn": 1
            },
            "failed_steps": 0,
            "tolerated": 0,
            "unknown_changes": 0,
            "internal": 0,
            "millis": 72000
          },
          "hosts": [
            {
              "host": "mx02",
              "status": "ok",
              "fault": null,
              "notes": [
                "a note"
              ],
              "fingerprint": "SHA256:abc",
              "legacy": false,
              "profile": null,
              "steps": [
                {
                  "index": 113,
                  "id": "queue",
                  "name": "Look at queue",
                  "verb": "mail.queue",
                  "outcome": "unchanged",
                  "reason": null,
                  "fault": null,
                  "tolerated": null,
                  "millis": 120,
                  "data": {
                    "total": 3,
                    "reason": "相手先"
                  }
                }
              ],
              "findings": [
                {
                  "step": "judge",
                  "code": "QUEUE_LARGE",
                  "level": "warn",
                  "message": "QUEUE_LARGE in own words",
                  "data": {
                    "total": 3
                  }
                }
              ],
              "millis": 1500
            },
            {
              "host": "mx01",
              "status": "unreachable",
              "fault": {
                "kind": "unreachable",
                "detail": "connect-timeout",
                "text": "connect timed out after 10s",
                "hint": "fleet doctor shows which phase fails"
              },
              "notes": [],
              "fingerprint": null,
              "legacy": false,
              "profile": null,
              "steps": [],
              "findings": [],
              "millis": 1500
            },
            {
              "host": "mx03",
              "status": "not-started",
              "fault": null,
              "notes": [],
              "fingerprint": null,
              "legacy": false,
              "profile": null,
              "steps": [],
              "findings": [],
              "millis": null
            }
          ]
        }
        "#);
    }

    proptest! {
        #[test]
        fn escaping_changes_no_value_and_lets_no_control_out(text in any::<String>()) {
            let json = serde_json::to_string_pretty(&vec![&text]).unwrap();
            let shown = visible(&json);
            prop_assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", shown);
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), vec![text]);
        }
    }
}
