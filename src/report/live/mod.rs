//! What a person sees on stderr while the run goes on.

mod bars;
mod state;

use super::options::Progress;
use super::styled::Page;
use super::text::Lang;
use crate::model::{Event, EventKind};
use crate::secret::Screen;
use bars::Bars;
use indicatif::ProgressDrawTarget;
use state::State;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How often the counts are written where nothing can be redrawn.
const COUNTS_EVERY: Duration = Duration::from_secs(30);
/// How many running hosts are shown, the slowest.
const SLOTS: usize = 8;

/// Draws the state of the run; see [`Progress`].
pub struct Live {
    view: View,
    state: State,
    color: bool,
    screen: Screen,
    /// Lines that wait for the end of a question.
    held: String,
}

enum View {
    Bars(Bars),
    Lines { out: Box<dyn Write + Send>, last: Instant, every: Duration },
    Remarks(Box<dyn Write + Send>),
}

impl Live {
    pub fn new(progress: Progress, lang: Lang, color: bool, screen: Screen, stderr: Box<dyn Write + Send>) -> Self {
        // Only the terminal itself knows its size from one moment to the next.
        Self::on(ProgressDrawTarget::stderr, progress, lang, color, screen, stderr)
    }

    fn on(
        target: impl FnOnce() -> ProgressDrawTarget,
        progress: Progress,
        lang: Lang,
        color: bool,
        screen: Screen,
        stderr: Box<dyn Write + Send>,
    ) -> Self {
        let bars = if progress == Progress::Bar { Bars::on(target()) } else { None };
        if let Some(bars) = &bars {
            screen.hides_by(bars.hide());
        }
        let view = match (bars, progress) {
            (Some(bars), _) => View::Bars(bars),
            (None, Progress::None) => View::Remarks(stderr),
            (None, _) => View::Lines { out: stderr, last: Instant::now(), every: COUNTS_EVERY },
        };
        Self { view, state: State::new(lang), color, screen, held: String::new() }
    }

    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let mut page = Page::new(self.color);
        self.state.event(event, &mut page);
        let is_remark = matches!(event.kind, EventKind::Interrupted { .. });
        if is_remark || !matches!(self.view, View::Remarks(_)) {
            self.held.push_str(&page.into_text());
        }
        if !matches!(event.kind, EventKind::RunFinished { .. }) {
            return self.screen.clone().draw(|| self.show()).unwrap_or(Ok(()));
        }
        // Nobody waits for an answer any more.
        self.show()?;
        if let View::Bars(bars) = &mut self.view { bars.clear() } else { Ok(()) }
    }

    /// Writes what waited.
    fn show(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.held);
        match &mut self.view {
            _ if text.is_empty() => Ok(()),
            View::Bars(bars) => bars.above(&text),
            View::Lines { out, .. } | View::Remarks(out) => {
                out.write_all(text.as_bytes())?;
                out.flush()
            }
        }
    }

    pub fn tick(&mut self) -> io::Result<()> {
        self.screen.clone().draw(|| self.show().and_then(|()| self.redraw())).unwrap_or(Ok(()))
    }

    fn redraw(&mut self) -> io::Result<()> {
        match &mut self.view {
            View::Bars(bars) if self.state.is_going_on() => {
                let mut total = Page::new(self.color);
                self.state.total(&mut total);
                bars.draw(std::iter::once(total.into_text()).chain(self.state.slowest(SLOTS)).collect());
                Ok(())
            }
            View::Lines { out, last, every } if self.state.is_going_on() && last.elapsed() >= *every => {
                *last = Instant::now();
                let mut page = Page::new(self.color);
                self.state.total(&mut page);
                page.end();
                page.print(out)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HostStatus, Level};
    use crate::report::testing::{Shared, Story};
    use indicatif::TermLike;
    use serde_json::json;

    /// A terminal that remembers what was written, moves left out.
    #[derive(Clone, Default)]
    struct Term(Shared);

    impl std::fmt::Debug for Term {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Term")
        }
    }

    impl TermLike for Term {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, s: &str) -> io::Result<()> {
            self.write_str(&format!("{s}\n"))
        }
        fn write_str(&self, s: &str) -> io::Result<()> {
            self.0.clone().write_all(s.as_bytes())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.write_str("<clear>")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn told(progress: Progress, lang: Lang, story: &Story) -> String {
        let out = Shared::default();
        let mut live =
            Live::on(ProgressDrawTarget::hidden, progress, lang, false, Screen::default(), Box::new(out.clone()));
        if let View::Lines { every, .. } = &mut live.view {
            *every = Duration::ZERO;
        }
        for event in &story.events {
            live.event(event).unwrap();
        }
        live.tick().unwrap();
        out.text()
    }

    fn story() -> Story {
        let mut story = Story::new("audit", &["mx01", "mx02", "mx03", "mx04"]);
        story.connect("mx01").end("mx01", HostStatus::Ok);
        story.connect("mx02").found("mx02", "QUEUE_LARGE", Level::Warn, "", json!({})).end("mx02", HostStatus::Ok);
        story.unreachable("mx03").connect("mx04").begin("mx04", "senders");
        story
    }

    #[test]
    fn without_a_terminal_only_what_is_not_plainly_ok_is_said() {
        let mut story = story();
        story.interrupt(1, "mx04", "senders");
        let said = told(Progress::Counter, Lang::En, &story);
        insta::assert_snapshot!(said, @"
        mx02  ok  warn 1
        mx03  unreachable  unreachable{connect-timeout}: connect timed out after 10s
        stopping: no new host and no new step; once more kills what runs on the hosts
          mx04  senders
        audit  3/4  ok 2  unreachable 1  (with findings 1)  running 1  waiting 0  13s
        ");
        assert_eq!(told(Progress::Bar, Lang::En, &story), said, "a bar without a terminal is a counter");
    }

    #[test]
    fn a_quiet_run_still_says_what_an_interrupt_does() {
        let mut story = story();
        story.interrupt(2, "mx04", "senders");
        insta::assert_snapshot!(told(Progress::None, Lang::Ja, &story), @"
        ホスト上の処理を強制終了しています。もう一度押すと直ちに終了します
          mx04  senders
        ");
    }

    #[test]
    fn a_terminal_is_redrawn_and_left_clean() {
        let term = Term::default();
        let target = || ProgressDrawTarget::term_like(Box::new(term.clone()));
        let mut live = Live::on(target, Progress::Bar, Lang::En, false, Screen::default(), Box::new(io::sink()));
        let mut story = story();
        for event in &story.events {
            live.event(event).unwrap();
            live.tick().unwrap();
        }
        let drawn = term.0.text();
        for said in ["mx02  ok  warn 1", "unreachable{connect-timeout}", "mx04  senders", "running 1"] {
            assert!(drawn.contains(said), "{said} in {drawn:?}");
        }
        assert!(!drawn.contains("mx01  ok"));
        let end = story.finish().pop().unwrap();
        live.event(&end).unwrap();
        live.tick().unwrap();
        let after = term.0.text();
        let last = after.rfind("<clear>").unwrap();
        assert_eq!(after.get(last..), Some("<clear>"), "{after:?}");
    }

    #[tokio::test]
    async fn a_question_stands_alone_and_what_was_told_meanwhile_comes_after_it() {
        let (term, screen) = (Term::default(), Screen::default());
        let target = || ProgressDrawTarget::term_like(Box::new(term.clone()));
        let mut live = Live::on(target, Progress::Bar, Lang::En, false, screen.clone(), Box::new(io::sink()));
        let mut story = Story::new("audit", &["mx01", "mx02"]);
        story.connect("mx01").unreachable("mx02");
        let (last, before) = story.events.split_last().unwrap();
        before.iter().for_each(|event| live.event(event).unwrap());
        live.tick().unwrap();
        assert!(term.0.text().contains("running"));
        let asked = screen.ask();
        let shown = term.0.text();
        assert!(shown.ends_with("<clear>"), "the progress is taken away: {shown:?}");
        live.event(last).unwrap();
        live.tick().unwrap();
        assert_eq!(term.0.text(), shown);
        drop(asked);
        live.tick().unwrap();
        let after = term.0.text();
        assert!(
            after[shown.len()..].contains("mx02  unreachable") && after[shown.len()..].contains("running"),
            "{after:?}"
        );
    }

    #[test]
    fn only_the_slowest_hosts_have_a_line() {
        let names: Vec<String> = (1..=20).map(|n| format!("mx{n:02}")).collect();
        let mut story = Story::new("audit", &names.iter().map(String::as_str).collect::<Vec<_>>());
        names.iter().for_each(|n| {
            story.connect(n);
        });
        let mut state = State::new(Lang::En);
        story.events.iter().for_each(|e| state.event(e, &mut Page::new(false)));
        let lines = state.slowest(SLOTS);
        assert_eq!(lines.len(), SLOTS);
        assert_eq!(lines.first().map(String::as_str), Some("  mx01  connected  39s"));
    }
}
