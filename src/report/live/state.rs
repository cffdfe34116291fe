//! Who runs, who is done and how: what the live view draws. Time is that of the events; between two events it
//! is carried on by the clock since the last one.

use crate::model::{Event, EventKind, HostName, HostStatus, Level};
use crate::report::columns::pad;
use crate::report::styled::{Page, Style};
use crate::report::text::{self, Label, Lang};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

pub struct State {
    lang: Lang,
    playbook: String,
    selected: usize,
    started: Option<Timestamp>,
    /// The last event's time, and when it came.
    last: Option<(Timestamp, Instant)>,
    running: HashMap<HostName, Running>,
    ended: BTreeMap<HostStatus, usize>,
    with_findings: usize,
    is_over: bool,
}

struct Running {
    since: Timestamp,
    at: Option<String>,
    /// What its last failed step said.
    failed: Option<String>,
    levels: BTreeMap<Level, usize>,
}

impl State {
    pub fn new(lang: Lang) -> Self {
        Self {
            lang,
            playbook: String::new(),
            selected: 0,
            started: None,
            last: None,
            running: HashMap::new(),
            ended: BTreeMap::new(),
            with_findings: 0,
            is_over: false,
        }
    }

    pub fn is_going_on(&self) -> bool {
        self.started.is_some() && !self.is_over
    }

    /// Takes the next event, and puts on `paper` what is worth a line that stays.
    pub fn event(&mut self, event: &Event, page: &mut Page) {
        self.last = Some((event.at, Instant::now()));
        match &event.kind {
            EventKind::RunStarted { info } => {
                self.playbook.clone_from(&info.playbook);
                self.selected = info.hosts.len();
                self.started = Some(event.at);
            }
            EventKind::Connecting { host } => {
                let running = Running { since: event.at, at: None, failed: None, levels: BTreeMap::new() };
                self.running.insert(host.clone(), running);
            }
            EventKind::Connected { host, .. } => self.now_at(host, Label::Connected.say(self.lang)),
            EventKind::StepStarted { host, step } => self.now_at(host, &step.id),
            EventKind::Found { host, finding, .. } => {
                if let Some(r) = self.running.get_mut(host) {
                    *r.levels.entry(finding.level).or_default() += 1;
                }
            }
            EventKind::StepFinished { host, step, outcome, reason, fault, tolerated: None, .. } => {
                let said = fault.as_ref().map(|f| text::fault(self.lang, f));
                let reason = || reason.as_ref().map(|r| text::sentence(self.lang, r).into_owned());
                let said = said.or_else(reason).unwrap_or_default();
                if let Some(r) = self.running.get_mut(host).filter(|_| outcome.is_bad()) {
                    let outcome = text::outcome(self.lang, *outcome);
                    r.failed = Some(format!("{} {}: {outcome}: {said}", Label::Step.say(self.lang), step.id));
                }
            }
            EventKind::HostFinished { host, status, fault, notes, .. } => {
                let (levels, failed) = self.running.remove(host).map(|r| (r.levels, r.failed)).unwrap_or_default();
                *self.ended.entry(*status).or_default() += 1;
                self.with_findings += usize::from(!levels.is_empty());
                if *status != HostStatus::Ok || !levels.is_empty() || !notes.is_empty() {
                    let why = fault.as_ref().map(|f| text::fault(self.lang, f)).or(failed);
                    self.ended_line(page, (host, *status), &levels, why, notes);
                }
            }
            EventKind::Interrupted { stage, running } => self.interrupted(page, *stage, running),
            EventKind::RunFinished { .. } => self.is_over = true,
            EventKind::Profiled { .. }
            | EventKind::StepFinished { .. }
            | EventKind::Planned { .. }
            | EventKind::ChangeIntended { .. }
            | EventKind::ChangeApplied(_)
            | EventKind::ChangeFailed(_)
            | EventKind::ChangeUnknown(_) => {}
        }
    }

    fn now_at(&mut self, host: &HostName, what: &str) {
        if let Some(r) = self.running.get_mut(host) {
            r.at = Some(what.to_owned());
        }
    }

    fn ended_line(
        &self,
        page: &mut Page,
        (host, status): (&HostName, HostStatus),
        levels: &BTreeMap<Level, usize>,
        why: Option<String>,
        notes: &[String],
    ) {
        let found = levels.iter().rev().map(|(level, n)| format!("{} {n}", text::level(self.lang, *level)));
        let said: Vec<String> =
            found.chain(why).chain(notes.iter().map(|n| text::sentence(self.lang, n).into_owned())).collect();
        let style = if status == HostStatus::Ok { Style::Good } else { Style::Bad };
        page.put(Style::Strong, host.as_str()).say("  ").put(style, text::status(self.lang, status));
        if !said.is_empty() {
            page.say("  ").say(said.join(text::comma(self.lang)));
        }
        page.end();
    }

    fn interrupted(&self, page: &mut Page, stage: u8, running: &[(HostName, String)]) {
        let label = match stage {
            0 | 1 => Label::Stopping,
            2 => Label::Killing,
            _ => Label::Leaving,
        };
        page.put(Style::Alarm, label.say(self.lang)).end();
        for (host, what) in running {
            page.say("  ").put(Style::Strong, host.as_str()).say("  ").say(what).end();
        }
    }

    /// The run on one line, without its end.
    pub fn total(&self, page: &mut Page) {
        let done: usize = self.ended.values().sum();
        page.put(Style::Strong, &self.playbook).say(format!("  {done}/{}", self.selected));
        for (status, n) in HostStatus::ALL.iter().filter_map(|s| self.ended.get_key_value(s)) {
            page.say(format!("  {} {n}", text::status(self.lang, *status)));
        }
        if self.with_findings > 0 {
            page.say(format!("  ({} {})", Label::WithFindings.say(self.lang), self.with_findings));
        }
        let waiting = self.selected.saturating_sub(done + self.running.len());
        page.say(format!("  {} {}", Label::Running.say(self.lang), self.running.len()));
        page.say(format!("  {} {waiting}", Label::Waiting.say(self.lang)));
        if let Some(started) = self.started {
            page.say("  ").say(self.since(started));
        }
    }

    /// A line for each of the `n` hosts that have been running for longest.
    pub fn slowest(&self, n: usize) -> Vec<String> {
        let mut hosts: Vec<(&HostName, &Running)> = self.running.iter().collect();
        hosts.sort_by_key(|(name, r)| (r.since, *name));
        hosts.truncate(n);
        let cells = hosts.iter().map(|(name, _)| name.as_str().len()).max().unwrap_or(0);
        let line = |(name, r): &(&HostName, &Running)| {
            let mut page = Page::new(false);
            let at = r.at.as_deref().unwrap_or(Label::Connecting.say(self.lang));
            page.say("  ").say(pad(name.as_str(), cells)).say("  ").say(at).say("  ").say(self.since(r.since));
            page.into_text()
        };
        hosts.iter().map(line).collect()
    }

    /// How long ago `then` was, in whole seconds.
    fn since(&self, then: Timestamp) -> String {
        let Some((at, came)) = self.last else { return String::new() };
        let told = u64::try_from(at.as_second() - then.as_second()).unwrap_or(0);
        text::duration(self.lang, Duration::from_secs(told.saturating_add(came.elapsed().as_secs())))
    }
}
