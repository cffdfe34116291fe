//! What came back of one batch, as it comes in: which part runs, what it said, how it ended. Knows frames and
//! time, and nothing of channels.

use crate::model::fault::FaultKind;
use crate::model::{Fault, HostBytes, untrusted};
use crate::shell::frames::Frame;
use crate::shell::{Ended, MAX_STDERR, Part, PartOutput};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// Noise that is kept, to say what a login shell printed instead of running anything.
const MAX_NOISE: usize = 4 << 10;
/// A login shell that prints more than this never comes to an end.
const ENDLESS: u64 = 16 << 20;

/// What becomes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Its BEGIN mark came.
    Started {
        pid: u32,
    },
    Ended(Ended),
    /// It waits for others to be done with what they keep; then it goes on.
    Waits,
    GoesOn,
}

/// Bytes up to a bound; the rest is counted only.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    dropped: u64,
}

impl Kept {
    fn add(&mut self, bytes: &[u8], max: usize) {
        let room = max.saturating_sub(self.bytes.len()).min(bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.dropped += (bytes.len() - room) as u64;
    }
}

#[derive(Debug, Default)]
struct Slot {
    began: Option<Instant>,
    pid: u32,
    out: Kept,
    err: Kept,
    status: Option<i32>,
    /// Both streams have ended, or the part was given up.
    ended: Option<(Ended, Instant)>,
    /// It is being ended, and this is what it will be called.
    verdict: Option<Ended>,
}

/// The answers to `parts`, the first of which has the number `first`.
#[derive(Debug)]
pub(super) struct Answers<'a> {
    parts: &'a [Part],
    first: u32,
    slots: Vec<Slot>,
    /// The part that standard output is about.
    out_at: usize,
    /// The part that standard error is about.
    err_at: usize,
    /// Numbers of parts of this session that were settled before their END came on standard error: it may still come.
    late: &'a mut BTreeSet<u32>,
    noise: Kept,
    /// Nothing more is kept, and what comes is counted only.
    pub full: bool,
    violation: Option<&'static str>,
    /// When the last mark was read.
    pub marked: Option<Instant>,
    /// For the caller, in order.
    pub news: Vec<(usize, Progress)>,
}

impl<'a> Answers<'a> {
    pub fn new(parts: &'a [Part], first: u32, late: &'a mut BTreeSet<u32>) -> Self {
        Self {
            parts,
            first,
            slots: parts.iter().map(|_| Slot::default()).collect(),
            out_at: 0,
            err_at: 0,
            late,
            noise: Kept::default(),
            full: false,
            violation: None,
            marked: None,
            news: Vec::new(),
        }
    }

    pub fn stdout(&mut self, frame: Frame<'_>, now: Instant) {
        match frame {
            Frame::Noise(bytes) => self.noise.add(bytes, MAX_NOISE),
            Frame::Output(bytes) => {
                let max = self.parts.get(self.out_at).filter(|_| !self.full).map_or(0, |p| p.max_stdout);
                if let Some(slot) = self.slots.get_mut(self.out_at) {
                    slot.out.add(bytes, max);
                }
            }
            Frame::Begin { n, pid } => match self.slots.get_mut(self.out_at) {
                Some(slot) if slot.began.is_none() && n == self.first + self.out_at as u32 => {
                    slot.began = Some(now);
                    slot.pid = pid;
                    self.marked = Some(now);
                    self.news.push((self.out_at, Progress::Started { pid }));
                }
                _ => self.violation = Some("a BEGIN mark out of turn"),
            },
            Frame::End { n, status } => match self.slots.get_mut(self.out_at) {
                Some(slot) if n == self.first + self.out_at as u32 => {
                    slot.status = Some(status);
                    // The session's first lines were eaten, or the part's shell could not be started.
                    if slot.began.is_none() {
                        slot.verdict = Some(Ended::NotStarted);
                    }
                    self.out_at += 1;
                    self.marked = Some(now);
                    self.settle(now);
                }
                _ => self.violation = Some("an END mark out of turn"),
            },
        }
    }

    pub fn stderr(&mut self, frame: Frame<'_>, now: Instant) {
        match frame {
            Frame::Noise(bytes) | Frame::Output(bytes) => {
                if self.out_at == 0 && self.running().is_none() {
                    self.noise.add(bytes, MAX_NOISE);
                }
                if let Some(slot) = self.slots.get_mut(self.err_at) {
                    slot.err.add(bytes, if self.full { 0 } else { MAX_STDERR });
                }
            }
            Frame::End { n, .. } if self.err_at < self.slots.len() && n == self.first + self.err_at as u32 => {
                self.err_at += 1;
                self.marked = Some(now);
                self.settle(now);
            }
            Frame::End { n, .. } if self.late.remove(&n) => {
                self.marked = Some(now);
                // What stood before it was the settled part's, not that of the part whose turn it is.
                if let Some(slot) = self.slots.get_mut(self.err_at) {
                    slot.err = Kept::default();
                }
            }
            Frame::Begin { .. } | Frame::End { .. } => self.violation = Some("a mark out of turn on standard error"),
        }
    }

    /// Ends the parts whose marks have come on both streams.
    fn settle(&mut self, now: Instant) {
        for n in 0..self.out_at.min(self.err_at) {
            self.end(n, now);
        }
    }

    fn end(&mut self, n: usize, now: Instant) {
        let Some(slot) = self.slots.get_mut(n) else { return };
        if let (None, Some(status)) = (slot.ended, slot.status) {
            let ended = slot.verdict.unwrap_or(Ended::Status(status));
            slot.ended = Some((ended, now));
            self.news.push((n, Progress::Ended(ended)));
        }
    }

    /// Standard error is not waited for any longer.
    pub fn settle_without_stderr(&mut self, now: Instant) {
        while self.err_at < self.out_at {
            self.late.insert(self.first + self.err_at as u32);
            self.err_at += 1;
        }
        self.settle(now);
    }

    /// Bytes that are kept of all parts.
    pub fn kept(&self) -> usize {
        self.slots.iter().map(|slot| slot.out.bytes.len() + slot.err.bytes.len()).sum()
    }

    /// Nothing was read for that long, which is not the time of the part that runs.
    pub fn paused(&mut self, pause: Duration) {
        if let Some(slot) = self.slots.get_mut(self.out_at) {
            slot.began = slot.began.map(|began| began + pause);
        }
    }

    /// The part that runs: its index, pid and the moment of its BEGIN.
    pub fn running(&self) -> Option<(usize, u32, Instant)> {
        let slot = self.slots.get(self.out_at)?;
        slot.began.map(|began| (self.out_at, slot.pid, began))
    }

    pub fn any_began(&self) -> bool {
        self.slots.iter().any(|s| s.began.is_some())
    }

    /// All END marks have come on standard output.
    pub fn all_ended(&self) -> bool {
        self.out_at == self.slots.len()
    }

    /// All END marks have come on both streams.
    pub fn complete(&self) -> bool {
        self.slots.iter().all(|s| s.ended.is_some())
    }

    /// From now on part `n` is called so, however it ends.
    pub fn doom(&mut self, n: usize, verdict: Ended) {
        if let Some(slot) = self.slots.get_mut(n) {
            slot.verdict = Some(verdict);
        }
    }

    /// Part `n` is given up without an END mark.
    pub fn give_up(&mut self, n: usize, ended: Ended, now: Instant) {
        if let Some(slot) = self.slots.get_mut(n)
            && slot.ended.is_none()
        {
            slot.ended = Some((ended, now));
            self.news.push((n, Progress::Ended(ended)));
        }
    }

    /// What an honest host does not do.
    pub fn fault(&self) -> Option<Fault> {
        if let Some(what) = self.violation {
            return Some(Fault::new(FaultKind::Violation, what));
        }
        let noise = self.noise.dropped + self.noise.bytes.len() as u64;
        (noise > ENDLESS && !self.any_began()).then(|| {
            let kind = FaultKind::Shell(crate::model::fault::Shell::DidNotStart);
            Fault::new(kind, format!("the login shell prints without end: {}", self.noise()))
        })
    }

    /// The first of what was printed outside of parts, on one line.
    pub fn noise(&self) -> String {
        let text = String::from_utf8_lossy(&self.noise.bytes);
        untrusted::clean_line(text.trim(), 150)
    }

    /// Everything; what did not end was lost if it had begun.
    pub fn into_outputs(self, now: Instant) -> Vec<PartOutput> {
        let of = |(part, slot): (&Part, Slot)| {
            let ended = match (slot.ended, slot.status, slot.began) {
                (Some((ended, _)), _, _) => ended,
                (None, Some(status), _) => slot.verdict.unwrap_or(Ended::Status(status)),
                (None, None, Some(_)) => Ended::Lost,
                (None, None, None) => Ended::NotStarted,
            };
            let until = slot.ended.map_or(now, |(_, at)| at);
            PartOutput {
                name: part.name.clone(),
                ended,
                truncated: slot.out.dropped + slot.err.dropped > 0,
                stdout: HostBytes::new(slot.out.bytes),
                stderr: HostBytes::new(slot.err.bytes),
                elapsed: slot.began.map(|began| until.duration_since(began)).unwrap_or_default(),
            }
        };
        self.parts.iter().zip(self.slots).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(n: usize) -> Vec<Part> {
        (0..n).map(|n| Part::new(format!("p{n}"), ":").max_stdout(4)).collect()
    }

    #[tokio::test]
    async fn a_part_ends_when_both_streams_have_ended() {
        let parts = parts(2);
        let mut late = BTreeSet::new();
        let (mut a, now) = (Answers::new(&parts, 7, &mut late), Instant::now());
        a.stdout(Frame::Begin { n: 7, pid: 42 }, now);
        a.stdout(Frame::Output(b"abcdef"), now);
        a.stdout(Frame::End { n: 7, status: 3 }, now);
        a.stdout(Frame::Begin { n: 8, pid: 43 }, now);
        assert_eq!(a.news, [(0, Progress::Started { pid: 42 }), (1, Progress::Started { pid: 43 })]);
        a.stderr(Frame::Noise(b"oops"), now);
        a.stderr(Frame::End { n: 7, status: 3 }, now);
        assert_eq!(a.news.last(), Some(&(0, Progress::Ended(Ended::Status(3)))));
        let outputs = a.into_outputs(now);
        assert_eq!((outputs[0].stdout.to_artifact(), outputs[0].truncated), (&b"abcd"[..], true));
        assert_eq!(outputs[0].stderr.to_artifact(), b"oops");
        assert_eq!(outputs[1].ended, Ended::Lost);
    }

    #[tokio::test]
    async fn an_end_without_a_begin_is_a_part_that_never_ran() {
        let parts = parts(1);
        let mut late = BTreeSet::new();
        let (mut a, now) = (Answers::new(&parts, 0, &mut late), Instant::now());
        a.stdout(Frame::End { n: 0, status: 0 }, now);
        a.stderr(Frame::End { n: 0, status: 0 }, now);
        assert!(a.complete() && !a.any_began());
        assert_eq!(a.into_outputs(now)[0].ended, Ended::NotStarted);
    }

    #[tokio::test]
    async fn marks_out_of_turn_are_a_violation() {
        let parts = parts(1);
        let now = Instant::now();
        for frame in [Frame::Begin { n: 1, pid: 1 }, Frame::End { n: 1, status: 0 }] {
            let mut late = BTreeSet::new();
            let mut a = Answers::new(&parts, 0, &mut late);
            a.stdout(frame, now);
            assert_eq!(a.fault().unwrap().kind, FaultKind::Violation);
        }
        let mut late = BTreeSet::new();
        let mut a = Answers::new(&parts, 0, &mut late);
        a.stderr(Frame::End { n: 0, status: 0 }, now);
        a.stderr(Frame::End { n: 0, status: 0 }, now);
        assert_eq!(a.fault().unwrap().kind, FaultKind::Violation);
    }

    #[tokio::test]
    async fn a_late_mark_of_a_settled_part_harms_nobody_and_counts_once() {
        let (first, second, now) = (parts(1), parts(1), Instant::now());
        let end = |n| Frame::End { n, status: 0 };
        let mut late = BTreeSet::new();
        let mut a = Answers::new(&first, 0, &mut late);
        a.stdout(Frame::Begin { n: 0, pid: 42 }, now);
        a.stdout(end(0), now);
        a.settle_without_stderr(now);
        assert!(a.complete());
        let mut b = Answers::new(&second, 1, &mut late);
        b.stdout(Frame::Begin { n: 1, pid: 43 }, now);
        b.stderr(Frame::Noise(b"of the first"), now);
        b.stderr(end(0), now);
        b.stderr(Frame::Noise(b"of the second"), now);
        b.stderr(end(1), now);
        b.stdout(end(1), now);
        assert!(b.complete() && b.fault().is_none());
        b.stderr(end(0), now);
        assert_eq!(b.fault().unwrap().kind, FaultKind::Violation);
        assert_eq!(b.into_outputs(now)[0].stderr.to_artifact(), b"of the second");
    }

    #[tokio::test]
    async fn every_mark_is_noted() {
        let (parts, mut late, now) = (parts(1), BTreeSet::new(), Instant::now());
        let mut a = Answers::new(&parts, 0, &mut late);
        a.stdout(Frame::Begin { n: 0, pid: 42 }, now);
        assert_eq!(a.marked.take(), Some(now));
        a.stdout(Frame::Output(b"x"), now);
        assert_eq!(a.marked.take(), None, "output is no mark: a part may print for ever");
        a.stdout(Frame::End { n: 0, status: 0 }, now);
        assert_eq!(a.marked.take(), Some(now));
        a.stderr(Frame::End { n: 0, status: 0 }, now);
        assert_eq!(a.marked.take(), Some(now));
    }
}
