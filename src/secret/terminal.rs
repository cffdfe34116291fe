//! The person at the terminal. Every question of fleet goes through here: one at a time, on `/dev/tty` whatever standard
//! input is. Nothing is drawn while somebody is asked, and what was typed before a question was there is no answer to it.

use futures::future::BoxFuture;
use rustix::fs::OFlags;
use rustix::termios::{LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

const TTY: &str = "/dev/tty";
/// Bytes of an answer: the kernel gives no longer line.
const LONGEST: usize = 4 << 10;
/// How often the keyboard is looked at.
const LOOK: Duration = Duration::from_millis(30);

/// The screen, which questions share with whatever is drawn.
#[derive(Clone, Default)]
pub struct Screen(Arc<Mutex<Drawn>>);

#[derive(Default)]
struct Drawn {
    asking: bool,
    hide: Option<Box<dyn FnMut() + Send>>,
}

impl Screen {
    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What takes away whatever would be redrawn.
    pub fn hides_by(&self, hide: impl FnMut() + Send + 'static) {
        self.drawn().hide = Some(Box::new(hide));
    }

    /// Draws, unless somebody is asked just now.
    pub fn draw<T>(&self, draw: impl FnOnce() -> T) -> Option<T> {
        let drawn = self.drawn();
        (!drawn.asking).then(draw)
    }

    /// Nothing is drawn until what is returned is dropped.
    pub fn ask(&self) -> Asking {
        let mut drawn = self.drawn();
        drawn.asking = true;
        if let Some(hide) = &mut drawn.hide {
            hide();
        }
        Asking(self.clone())
    }
}

/// Somebody is being asked.
pub struct Asking(Screen);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.drawn().asking = false;
    }
}

/// A question.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is to be read first; it may be long.
    pub page: String,
    pub text: String,
    /// The answer is not shown.
    pub hidden: bool,
}

impl Question {
    /// For a secret.
    pub fn hidden(text: impl Into<String>) -> Self {
        Self { page: String::new(), text: text.into(), hidden: true }
    }

    /// Below a page.
    pub fn below(page: impl Into<String>, text: impl Into<String>) -> Self {
        Self { page: page.into(), text: text.into(), hidden: false }
    }
}

/// Puts a question to somebody.
pub(super) type Ask = fn(Question) -> BoxFuture<'static, io::Result<String>>;

/// The one who can be asked.
pub struct Terminal {
    screen: Screen,
    /// A question in the language of whoever is asked.
    say: fn(&str) -> String,
    ask: Ask,
    /// One question at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Terminal {
    /// At `/dev/tty`.
    pub fn new(screen: Screen, say: fn(&str) -> String) -> Self {
        Self::with(screen, say, |question| Box::pin(at_tty(question)))
    }

    pub(super) fn with(screen: Screen, say: fn(&str) -> String, ask: Ask) -> Self {
        Self { screen, say, ask, turn: tokio::sync::Mutex::default() }
    }

    /// The answer. Whoever stops waiting for it takes the question away.
    ///
    /// # Errors
    /// When there is no terminal, or it is closed.
    pub async fn ask(&self, question: Question) -> Result<String, String> {
        let _turn = self.turn.lock().await;
        let _asking = self.screen.ask();
        let text = (self.say)(&question.text);
        let answer = (self.ask)(Question { text, ..question }).await;
        answer.map_err(|e| format!("it must be typed, and there is no terminal to ask at: {e}"))
    }
}

/// The terminal as it was, when this is dropped.
struct Restored {
    tty: File,
    before: Termios,
    answered: bool,
}

impl Drop for Restored {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.tty, OptionalActions::Now, &self.before);
        if !self.answered {
            let _ = self.tty.write_all(b"\n");
        }
    }
}

async fn at_tty(question: Question) -> io::Result<String> {
    let open = |flags: OFlags| {
        let flags = flags | OFlags::NOCTTY | OFlags::CLOEXEC;
        OpenOptions::new().read(true).write(true).custom_flags(flags.bits().cast_signed()).open(TTY)
    };
    let tty = open(OFlags::empty())?;
    let before = tcgetattr(&tty)?;
    let mut modes = before.clone();
    modes.local_modes |= LocalModes::ICANON | LocalModes::ISIG;
    if question.hidden {
        modes.local_modes -= LocalModes::ECHO;
        modes.local_modes |= LocalModes::ECHONL;
    }
    let mut restored = Restored { tty, before, answered: false };
    restored.tty.write_all(question.page.as_bytes())?;
    tcsetattr(&restored.tty, OptionalActions::Now, &modes)?;
    // What was typed until now was meant for something else.
    tcflush(&restored.tty, QueueSelector::IFlush)?;
    restored.tty.write_all(question.text.as_bytes())?;
    let mut keyboard = open(OFlags::NONBLOCK)?;
    let mut line = Vec::with_capacity(LONGEST);
    while !line.ends_with(b"\n") && line.len() < LONGEST {
        let mut piece = [0; LONGEST];
        match keyboard.read(&mut piece) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => line.extend_from_slice(piece.get(..n).unwrap_or_default()),
            // Not on a thread that would wait for a person: whoever asks may be interrupted.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => sleep(LOOK).await,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    restored.answered = true;
    let text = String::from_utf8(line).map_err(|_| io::Error::other("what was typed is not UTF-8"))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(text: &str) -> String {
        text.to_owned()
    }

    #[tokio::test]
    async fn nothing_is_drawn_while_somebody_is_asked_and_what_was_drawn_is_taken_away_first() {
        let screen = Screen::default();
        let hidden = Arc::new(Mutex::new(0));
        let count = hidden.clone();
        screen.hides_by(move || *count.lock().unwrap() += 1);
        let never: Ask = |_| Box::pin(std::future::pending());
        let terminal = Terminal::with(screen.clone(), same, never);
        assert_eq!(screen.draw(|| 1), Some(1));
        let asked = terminal.ask(Question::hidden("?"));
        tokio::select! {
            _ = asked => panic!("nobody answers"),
            () = async { tokio::time::sleep(Duration::from_millis(20)).await; assert_eq!(screen.draw(|| 1), None) } => {}
        }
        // Whoever asked was interrupted.
        assert_eq!((screen.draw(|| 1), *hidden.lock().unwrap()), (Some(1), 1));
    }

    #[tokio::test]
    async fn those_who_ask_at_once_ask_one_after_the_other_in_the_language_of_the_person() {
        static OPEN: Mutex<usize> = Mutex::new(0);
        let one_by_one: Ask = |question| {
            Box::pin(async move {
                *OPEN.lock().unwrap() += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
                let open = std::mem::take(&mut *OPEN.lock().unwrap());
                Ok(format!("{open} {}", question.text))
            })
        };
        let terminal = Terminal::with(Screen::default(), |text| text.to_uppercase(), one_by_one);
        let ask = |text: &'static str| terminal.ask(Question::hidden(text));
        let answers = tokio::join!(ask("a"), ask("b"), ask("c"));
        let expected = (Ok("1 A".to_owned()), Ok("1 B".to_owned()), Ok("1 C".to_owned()));
        assert_eq!(answers, expected);
    }
}
