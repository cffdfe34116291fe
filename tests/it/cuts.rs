//! The connection is cut at every border of what a change sends and gets: nothing is called well that was not done,
//! nothing is done twice, and `resume` finishes it.

use crate::fake_host::FakeHost;
use crate::support::{Ran, World, kill, within};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

/// A direction through the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    ToHost,
    FromHost,
}

/// Where the next connection is cut: before that byte of that packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    way: Way,
    packet: usize,
    byte: usize,
    /// Nobody is told: what comes is swallowed from there on.
    silent: bool,
}

#[derive(Default)]
struct State {
    cut: Option<Cut>,
    fired: bool,
    /// Lengths of the packets of the last connection, by direction, and in the order in which they passed: `true` to the
    /// host.
    lengths: [Vec<usize>; 2],
    order: Vec<bool>,
}

/// A way to the host that can be cut, and knows the borders of SSH's packets.
struct Proxy {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    fn before(host: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", host)) else { continue };
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let cut = {
                    let mut state = shared.lock().unwrap();
                    *state = State { cut: state.cut, fired: state.fired, ..State::default() };
                    // It is for one connection.
                    state.cut.take()
                };
                for way in [Way::ToHost, Way::FromHost] {
                    let (client, server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                    let (from, to) = if way == Way::ToHost { (client, server) } else { (server, client) };
                    let (cut, shared) = (cut.filter(|cut| cut.way == way), shared.clone());
                    std::thread::spawn(move || pump(from, to, way, cut, &shared));
                }
            }
        });
        Self { port, state }
    }

    fn cut(&self, cut: Option<Cut>) {
        let mut state = self.state.lock().unwrap();
        (state.cut, state.fired) = (cut, false);
    }

    fn fired(&self) -> bool {
        self.state.lock().unwrap().fired
    }

    /// The lengths of the packets of the last connection, and which of them went to the host.
    fn seen(&self) -> ([Vec<usize>; 2], Vec<bool>) {
        let state = self.state.lock().unwrap();
        (state.lengths.clone(), state.order.clone())
    }
}

/// One direction of one connection.
fn pump(mut from: TcpStream, mut to: TcpStream, way: Way, cut: Option<Cut>, state: &Mutex<State>) {
    let mut borders = Borders::default();
    let mut buffer = vec![0; 1 << 16];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        let bytes = &buffer[..n];
        let mut pass = n;
        for (at, byte) in bytes.iter().enumerate() {
            if cut.is_some_and(|c| (borders.packet, borders.byte) >= (c.packet, c.byte)) {
                pass = at;
                break;
            }
            if let Some(length) = borders.take(*byte) {
                let mut state = state.lock().unwrap();
                state.lengths[usize::from(way == Way::ToHost)].push(length);
                state.order.push(way == Way::ToHost);
            }
        }
        if to.write_all(&bytes[..pass]).is_err() || pass < n {
            break;
        }
    }
    if cut.is_some_and(|c| (borders.packet, borders.byte) >= (c.packet, c.byte)) {
        state.lock().unwrap().fired = true;
        while cut.is_some_and(|c| c.silent) && matches!(from.read(&mut buffer), Ok(1..)) {}
    }
    for stream in [&from, &to] {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// Follows a stream of SSH packets: a line of text, packets in the clear up to the new keys, then such of AES-GCM, whose
/// length is in the clear and whose mark of 16 bytes is not counted in it.
#[derive(Default)]
struct Borders {
    packet: usize,
    byte: usize,
    head: Vec<u8>,
    begun: bool,
    sealed: bool,
}

impl Borders {
    /// The length of the packet that ends with this byte.
    fn take(&mut self, byte: u8) -> Option<usize> {
        self.byte += 1;
        if !self.begun {
            self.begun = byte == b'\n';
            return self.begun.then(|| self.end());
        }
        if self.head.len() < 6 {
            self.head.push(byte);
        }
        let length = self.head.first_chunk::<4>().map(|l| u32::from_be_bytes(*l) as usize)?;
        let whole = 4 + length + if self.sealed { 16 } else { 0 };
        if self.byte < whole {
            return None;
        }
        // SSH_MSG_NEWKEYS
        self.sealed |= self.head.get(5) == Some(&21);
        Some(self.end())
    }

    fn end(&mut self) -> usize {
        self.head.clear();
        self.packet += 1;
        std::mem::take(&mut self.byte)
    }
}

const ROTATE: &str = "fleet: 1\nname: rotate\nsummary: Sets a password\nmode: change\nsteps:\n  - id: rotate\n    \
                      name: A new password\n    mail.account.set_password: { account: info@example.jp }\n";
const PURGE: &str = "fleet: 1\nname: purge\nsummary: Deletes mail\nmode: destructive\nsteps:\n  - id: purge\n    \
                     name: Delete\n    mail.queue.delete: { logins: [info@example.jp] }\n    undo: mail.queue.restore\n";

/// One host behind a proxy.
struct Scene {
    fake_host: FakeHost,
    proxy: Proxy,
    world: World,
    cases: usize,
}

impl Scene {
    fn new(playbook: &str) -> Option<Self> {
        let fake_host = FakeHost::start()?;
        let proxy = Proxy::before(fake_host.sshd.port);
        let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  mx1: {}\n", fake_host.host_at(proxy.port)));
        world.write("known", &fake_host.known_at(proxy.port));
        world.write("play.yaml", playbook);
        let scene = Self { fake_host, proxy, world, cases: 0 };
        scene.plan();
        Some(scene)
    }

    fn fleet(&self, args: &[&str], state: &str) -> Ran {
        self.world.fleet(&[args, &["--known-hosts", "known", "--state", state]].concat())
    }

    /// Plans anew, for a plan is old after half an hour.
    fn plan(&self) {
        self.fake_host.reset();
        self.proxy.cut(None);
        let _ = std::fs::remove_file(self.world.path("plan.json"));
        self.fleet(&["plan", "./play.yaml", "--hosts", "mx1", "-o", "plan.json"], "planned").expect(0);
    }

    fn apply(&self, state: &str) -> Ran {
        self.world.state_after("planned", state);
        self.fleet(&["apply", "plan.json", "--yes", "--output", "json"], state)
    }

    /// The number of the first packet in each direction that belongs to the change: up to there the connection is like
    /// that of a plan.
    fn first(&self) -> ([usize; 2], [Vec<usize>; 2]) {
        self.plan();
        let (planned, _) = self.proxy.seen();
        self.fake_host.reset();
        self.apply("first").expect(0);
        // The goodbye of the client comes when fleet has ended.
        let (lengths, order) = self.proxy.seen();
        let to_host = planned[1].iter().zip(&lengths[1]).take_while(|(a, b)| a == b).count();
        let nth = |n| order.iter().enumerate().filter(|(_, to_host)| **to_host).nth(n).map_or(0, |(at, _)| at);
        let from_host = order[..nth(to_host)].iter().filter(|to_host| !**to_host).count();
        ([from_host, to_host], lengths)
    }

    /// All of it for one cut. `done` says what the host was left with: whether the change was done, and once.
    fn case(&mut self, cut: Cut, done: impl Fn(&FakeHost) -> bool) -> Seen {
        self.cases += 1;
        if self.cases.is_multiple_of(200) {
            self.plan();
        }
        let state = format!("state{}", self.cases);
        self.fake_host.reset();
        self.proxy.cut(Some(cut));
        let ran = self.apply(&state);
        let fired = self.proxy.fired();
        self.proxy.cut(None);
        let told = |ran: &Ran| format!("{cut:?}\n{}\n{}\n{:?}", ran.stdout, ran.stderr, self.fake_host.acts());
        assert!([0, 6, 7, 9].contains(&ran.code), "exit {}: {}", ran.code, told(&ran));
        let before = self.fake_host.acts();
        let document = ran.json();
        let (status, outcome) = (&document["hosts"][0]["status"], &document["hosts"][0]["steps"][0]["outcome"]);
        let well = status == "ok" || outcome == "changed" || ran.code == 0;
        if well {
            assert!(done(&self.fake_host), "called well, and was not done: {}", told(&ran));
        }
        if ran.code == 9 {
            assert_eq!((status, outcome), (&"unknown".into(), &"unknown".into()), "{}", told(&ran));
        }
        if ran.code != 0 {
            let resumed = self.fleet(&["resume", "last", "--yes", "--output", "json"], &state);
            assert_eq!(resumed.code, 0, "after exit {}: {}\n--- resume\n{}", ran.code, told(&ran), told(&resumed));
        }
        assert!(done(&self.fake_host), "not done, or more than once: before {before:?}, {}", told(&ran));
        assert!(
            self.world.fleet(&["locks", "--state", &state]).expect(0).stdout.trim().lines().count() <= 1,
            "{}",
            told(&ran)
        );
        let _ = std::fs::remove_dir_all(self.world.path(&state));
        Seen { fired, code: ran.code, begun: !before.is_empty() }
    }

    /// Cuts at all borders that are wanted.
    fn all(mut self, done: impl Fn(&FakeHost) -> bool) {
        let full = std::env::var_os("FLEET_CUTS").is_some_and(|v| v == "all");
        let (first, lengths) = self.first();
        let mut seen = Vec::new();
        for way in [Way::ToHost, Way::FromHost] {
            let of = usize::from(way == Way::ToHost);
            let (first, lengths) = (first[of], &lengths[of]);
            for packet in first..=lengths.len() {
                let length = lengths.get(packet).copied().unwrap_or(1);
                // Nothing can be done with a packet before its last byte is there, so most of what lies between is alike.
                let mut bytes = vec![0];
                if full {
                    bytes.extend([1, length - 1]);
                    bytes.extend((16..length).step_by((length / 8).max(16)));
                } else if way == Way::ToHost {
                    bytes.push(length / 2);
                } else if packet % 2 == 1 {
                    continue;
                }
                bytes.sort_unstable();
                bytes.dedup();
                for byte in bytes {
                    seen.push(self.case(Cut { way, packet, byte, silent: false }, &done));
                }
            }
        }
        let count = |code: i32| seen.iter().filter(|s| s.code == code).count();
        println!(
            "{} cuts, {} of them before the end; to the host from packet {} of {}, from it {} of {}; ended well {}, \
             unknown {} ({} of them had been done), unreachable or failed {}",
            seen.len(),
            seen.iter().filter(|s| s.fired).count(),
            first[1],
            lengths[1].len(),
            first[0],
            lengths[0].len(),
            count(0),
            count(9),
            seen.iter().filter(|s| s.code == 9 && s.begun).count(),
            count(6) + count(7),
        );
        assert!(count(9) > 0 && seen.iter().any(|s| s.code == 9 && s.begun), "no cut left anything in doubt");
    }
}

#[test]
fn a_connection_that_falls_silent_is_given_up_and_what_was_begun_is_settled() {
    let Some(mut scene) = Scene::new(ROTATE) else { return };
    let ([first, _], [from_host, _]) = scene.first();
    let packet = first + (from_host.len() - first) / 2;
    let done =
        |fake_host: &FakeHost| within(2, || fake_host.set().len() == 1) && fake_host.set() == [fake_host.password()];
    let seen = scene.case(Cut { way: Way::FromHost, packet, byte: 0, silent: true }, done);
    assert_eq!((seen.fired, seen.code, seen.begun), (true, 9, true));
}

const SCRIPT: &str = "fleet: 1\nname: once\nsummary: Runs a script\nmode: change\nsteps:\n  - id: once\n    \
                      name: Once\n    script: { sh: 'echo ABCDEF0000 | postsuper -h -', reads: false }\n";

#[test]
fn a_command_whose_answer_is_not_waited_for_is_not_run_again() {
    let Some(scene) = Scene::new(SCRIPT) else { return };
    let ([first, _], [from_host, _]) = scene.first();
    // The last answers: that it began, what it said, that it ended.
    let mut begun = 0;
    for packet in first.max(from_host.len() - 4)..from_host.len() {
        let state = format!("state{packet}");
        scene.world.state_after("planned", &state);
        scene.fake_host.reset();
        scene.proxy.cut(Some(Cut { way: Way::FromHost, packet, byte: 0, silent: true }));
        let mut command =
            scene.world.command(&["apply", "plan.json", "--yes", "--known-hosts", "known", "--state", &state]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        assert!(within(20, || scene.proxy.fired() || child.try_wait().unwrap().is_some()), "packet {packet}");
        within(1, || !scene.fake_host.acts().is_empty());
        let has_begun = !scene.fake_host.acts().is_empty();
        for _ in 0..2 {
            kill("INT", child.id() as i32);
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        child.wait().unwrap();
        scene.proxy.cut(None);
        let resumed = scene.fleet(&["resume", "last", "--yes"], &state);
        assert_eq!(scene.fake_host.acts(), ["-h ABCDEF0000"], "packet {packet}: {}{}", resumed.stdout, resumed.stderr);
        begun += usize::from(has_begun);
    }
    assert!(begun > 0);
}

/// How one cut ended.
struct Seen {
    fired: bool,
    code: i32,
    begun: bool,
}

#[test]
fn a_password_is_set_once_wherever_the_connection_is_cut() {
    let Some(scene) = Scene::new(ROTATE) else { return };
    scene.all(|fake_host| {
        within(2, || fake_host.set().len() == 1 && !fake_host.session()) && fake_host.set() == [fake_host.password()]
    });
}

#[test]
fn mail_is_deleted_once_wherever_the_connection_is_cut() {
    let Some(scene) = Scene::new(PURGE) else { return };
    scene.all(|fake_host| {
        let acts = fake_host.acts();
        let once = |what: &str| {
            [0, 1, 3, 5].iter().all(|n| acts.iter().filter(|a| **a == format!("{what} ABCDEF000{n}")).count() == 1)
        };
        once("-h") && once("-d") && acts.len() == 8 && fake_host.queue("deferred") == ["ABCDEF0002", "ABCDEF0004"]
    });
}
