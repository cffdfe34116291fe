//! What is usual for the accounts of each host: a few numbers of each day's busiest hour, kept apart from the events
//! so that a run of thousands of hosts reads them at once.

use super::{Store, StoreError};
use crate::mail::read::senders::Busiest;
use crate::mail::signals::{Baseline, Usual};
use crate::model::HostName;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// Days that are looked back on.
const DAYS: i64 = 30;
/// Days on which an account must have sent before its busiest hour is called usual.
const ENOUGH: usize = 3;
/// Networks of one account and day that are kept.
const MAX_NETS: usize = 50;

/// Keeps the busiest hours of a day.
pub(super) fn keep(db: &Connection, at: Timestamp, host: &HostName, busiest: Vec<Busiest>) -> rusqlite::Result<()> {
    let day = day(at);
    let mut insert = db.prepare_cached(
        "INSERT INTO usual (host, account, day, peak, recipients, nets) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (host, account, day) DO UPDATE SET peak = max(peak, excluded.peak),
            recipients = max(recipients, excluded.recipients), nets = trim(nets || ' ' || excluded.nets)",
    )?;
    // The day itself, so that an account which does not send counts too.
    insert.execute(params![host.as_str(), "", day, 0, 0, ""])?;
    for busiest in busiest {
        let nets: Vec<String> = busiest.nets.into_iter().take(MAX_NETS).collect();
        let (peak, recipients) = (busiest.messages as i64, busiest.recipients as i64);
        insert.execute(params![host.as_str(), busiest.account, day, peak, recipients, nets.join(" ")])?;
    }
    Ok(())
}

/// Days since 1970, in UTC.
fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(86_400)
}

impl Store {
    /// What was usual on each host in the last 30 days before today.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub fn baselines(&self, now: Timestamp) -> Result<BTreeMap<HostName, Baseline>, StoreError> {
        self.read_baselines(day(now)).map_err(|e| self.sql(e))
    }

    fn read_baselines(&self, today: i64) -> rusqlite::Result<BTreeMap<HostName, Baseline>> {
        let mut statement = self.connection.prepare(
            "SELECT host, account, peak, recipients, nets FROM usual WHERE day >= ?1 AND day < ?2
             ORDER BY host, account",
        )?;
        let mut rows = statement.query(params![today - DAYS, today])?;
        let mut found: BTreeMap<HostName, Baseline> = BTreeMap::new();
        let mut open: Option<Open> = None;
        while let Some(row) = rows.next()? {
            let (host, account): (String, String) = (row.get(0)?, row.get(1)?);
            let Some(host) = HostName::parse(&host) else { continue };
            if account.is_empty() {
                found.entry(host).or_default().days += 1;
                continue;
            }
            if open.as_ref().is_none_or(|(h, a, ..)| (h, a) != (&host, &account)) {
                open.replace((host, account, Vec::new(), BTreeSet::new()))
                    .into_iter()
                    .for_each(|o| close(o, &mut found));
            }
            if let Some((_, _, peaks, nets)) = &mut open {
                peaks.push((row.get::<_, i64>(2)?.unsigned_abs(), row.get::<_, i64>(3)?.unsigned_abs()));
                nets.extend(row.get::<_, String>(4)?.split_whitespace().map(str::to_owned));
            }
        }
        open.into_iter().for_each(|o| close(o, &mut found));
        Ok(found)
    }
}

type Open = (HostName, String, Vec<(u64, u64)>, BTreeSet<String>);

fn close((host, account, peaks, nets): Open, into: &mut BTreeMap<HostName, Baseline>) {
    let median = |of: fn(&(u64, u64)) -> u64| {
        let mut numbers: Vec<u64> = peaks.iter().map(of).collect();
        numbers.sort_unstable();
        let middle = numbers.get(numbers.len() / 2).copied();
        middle.filter(|_| numbers.len() >= ENOUGH)
    };
    let usual = Usual { peak: median(|p| p.0), peak_recipients: median(|p| p.1), nets };
    into.entry(host).or_default().accounts.insert(account, usual);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sink::Sink;
    use crate::model::{Event, EventKind, Outcome, RunId, StepRef, event};
    use crate::store::Journal;
    use serde_json::{Value, json};
    use std::sync::{Arc, Mutex};

    fn host(name: &str) -> HostName {
        HostName::parse(name).unwrap()
    }

    /// What the verb gave, with these senders: account, messages and recipients in the busiest hour, addresses.
    fn report(rows: &[(&str, usize, u64, &[&str])]) -> Value {
        let row = |(account, messages, recipients, ips): &(&str, usize, u64, &[&str])| {
            let mut row = json!({"account": account, "kind": "login", "client_ips": ips, "client_ip_count": ips.len(),
                "peak_per_hour": messages, "peak_recipients_per_hour": recipients});
            let numbers = "messages recipients sent delivered deferred bounced unknown_rcpt bounce_rate sender_count forged \
                           rcpt_median rcpt_max nets_hour nets_day";
            numbers.split(' ').filter(|n| !n.is_empty()).for_each(|name| row[name] = 0.into());
            "senders hours blocked singles scripts samples".split(' ').for_each(|name| row[name] = json!([]));
            row
        };
        let rows: Vec<Value> = rows.iter().map(row).collect();
        json!({"rows": rows, "complete": true, "incomplete": [], "lines": 9, "messages": 9, "recipients": 9, "relayed": 0,
            "by_sender": []})
    }

    /// Steps of a run, told one after the other.
    struct Telling {
        run: RunId,
        seq: u64,
        journal: Journal,
    }

    impl Telling {
        fn tell(&mut self, at: Timestamp, name: &str, verb: &str, outcome: Outcome, data: Value) {
            self.seq += 1;
            let step = StepRef { index: 0, id: "a".into(), name: "a".into(), verb: verb.into() };
            let (reason, fault, tolerated, data) = (None, None, None, Some(data));
            let host = host(name);
            let kind = EventKind::StepFinished { host, step, outcome, reason, fault, tolerated, data, millis: 0 };
            let event = Event { v: event::VERSION, run: self.run.clone(), seq: self.seq, at, kind };
            self.journal.event(&event).unwrap();
        }
    }

    #[test]
    fn what_is_usual_is_the_median_of_earlier_days() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("state")).unwrap();
        let run = store.new_run(Timestamp::UNIX_EPOCH).unwrap();
        let store = Arc::new(Mutex::new(store));
        let mut steps = Telling { run, seq: 0, journal: Journal::new(store.clone()) };
        let read = "mail.senders";
        let at = |day: i64| Timestamp::from_second(day * 86_400 + 10_000).unwrap();
        for (day, peak) in [(9, 4), (10, 8), (11, 6), (12, 900)] {
            let rows: &[(&str, usize, u64, &[&str])] =
                &[("a@b.jp", peak, 2 * peak as u64, &["192.0.2.7", "x"]), ("new@b.jp", 1, 0, &[])];
            let rows = report(if day == 9 { &rows[..1] } else { rows });
            steps.tell(at(day), "mx1", read, Outcome::Unchanged, rows);
            // Twice a day: the larger one counts.
            let less = report(&[("a@b.jp", 1, 0, &["198.51.100.1"])]);
            steps.tell(at(day), "mx1", read, Outcome::Unchanged, less);
        }
        steps.tell(at(11), "mx2", read, Outcome::Unchanged, report(&[]));
        steps.tell(at(11), "mx3", read, Outcome::Failed, report(&[]));
        steps.tell(at(11), "mx3", "mail.logins", Outcome::Unchanged, report(&[]));
        // A day of which nothing can be read is no day without mail.
        steps.tell(at(11), "mx3", read, Outcome::Unchanged, json!({}));
        steps.journal.tick().unwrap();
        let store = store.lock().unwrap();
        let found = store.baselines(at(12)).unwrap();
        assert_eq!(found.keys().map(HostName::as_str).collect::<Vec<_>>(), ["mx1", "mx2"]);
        let mx1 = &found[&host("mx1")];
        assert_eq!(mx1.days, 3);
        let usual = &mx1.accounts["a@b.jp"];
        assert_eq!((usual.peak, usual.peak_recipients), (Some(6), Some(12)));
        assert_eq!(usual.nets, BTreeSet::from(["192.0.2.0", "198.51.100.0"].map(str::to_owned)));
        assert_eq!(mx1.accounts["new@b.jp"].peak, None);
        assert_eq!((found[&host("mx2")].days, found[&host("mx2")].accounts.len()), (1, 0));
        assert!(store.baselines(at(60)).unwrap().is_empty());
    }
}
