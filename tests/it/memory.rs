//! What hostile input may cost: the memory of the whole process, as the kernel counts it.

use crate::fake_host::FakeHost;
use crate::support::{Ran, World};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What came of a call, and the most memory that it took, KiB.
fn with_peak(mut command: Command) -> (Ran, u64) {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watch = std::thread::spawn(move || {
        let mut peak = 0;
        while let Ok(text) = std::fs::read_to_string(&status) {
            let Some(line) = text.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
            peak = line.split_ascii_whitespace().next().unwrap().parse().unwrap();
            std::thread::sleep(Duration::from_millis(5));
        }
        peak
    });
    let ran = child.wait_with_output().unwrap().into();
    (ran, watch.join().unwrap())
}

/// Zeros, packed.
fn packed(tool: &str, megabytes: u32) -> Vec<u8> {
    let script = format!("head -c {megabytes}M /dev/zero | {tool} -c");
    Command::new("sh").args(["-c", &script]).output().unwrap().stdout
}

#[test]
fn a_packed_log_that_is_a_bomb_costs_little_memory_and_is_refused_by_name() {
    let world = World::new();
    let mut greedy = packed("xz", 1);
    let at = greedy.windows(2).position(|w| w == [0x21, 1]).unwrap() + 2;
    // A dictionary of 4 GiB; the checksum of the header is not reached.
    greedy[at] = 40;
    // 128 KiB of zeros from four bytes.
    let zstd = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3][..], &[2, 0, 0x10, 0].repeat(8_000)].concat();
    let wide = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3][..], &[2, 0, 0x10, 0].repeat(8_000)].concat();
    let ratio = "more than 100 times its size";
    for (name, bytes, why) in [
        ("log.gz", packed("gzip", 400), ratio),
        ("log.bz2", packed("bzip2", 400), ratio),
        ("log.xz", packed("xz", 400), ratio),
        ("joined.gz", packed("gzip", 8).repeat(50), ratio),
        ("joined.xz", packed("xz", 8).repeat(50), ratio),
        ("log.zst", zstd, ratio),
        ("greedy.xz", greedy, "64 MiB of memory"),
        ("wide.zst", wide, "64 MiB of memory"),
    ] {
        std::fs::File::create(world.path(name)).unwrap().write_all(&bytes).unwrap();
        let began = Instant::now();
        let (ran, peak) = with_peak(world.command(&["senders", name]));
        let ran = ran.expect(2);
        assert!(ran.stderr.contains(name) && ran.stderr.contains(why), "{name}: {}", ran.stderr);
        println!("{name}: {} bytes, {peak} KiB, {:?}", bytes.len(), began.elapsed());
        assert!((1..256 << 10).contains(&peak), "{name}: {peak} KiB");
    }
}

#[test]
fn hosts_that_answer_with_all_that_they_may_share_one_bound_of_memory() {
    const HOSTS: usize = 24;
    let Some(fake) = FakeHost::start() else { return };
    // More than is kept of a listing, without a line feed.
    let full = "#!/bin/sh\nhead -c 60000000 /dev/zero | tr '\\0' x\n";
    std::fs::write(fake.sshd.path("local/sbin/postqueue"), full).unwrap();
    let hosts: String = (0..HOSTS).map(|n| format!("  mx{n:02}: {}\n", fake.host_at(fake.sshd.port))).collect();
    let world = World::with_inventory(&format!("fleet: 1\nhosts:\n{hosts}"));
    world.write("known", &fake.known_at(fake.sshd.port));
    world.write(
        "full.yaml",
        "fleet: 1\nname: full\nsummary: The queue alone\nmode: read-only\nsteps:\n  - id: queue\n    mail.queue.inspect: {}\n",
    );
    let args = ["run", "./full.yaml", "--hosts", "all", "--known-hosts", "known", "--state", "state"];
    let (ran, peak) = with_peak(world.command(&[&args[..], &["--output", "json"]].concat()));
    let document = ran.json();
    println!("{peak} KiB");
    let hosts = document["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), HOSTS);
    for host in hosts {
        // None failed because others were slow: each was read to its bound, and that is said.
        let step = &host["steps"][0];
        assert!(step.to_string().contains("bytes came, the rest was not read"), "{host}");
    }
    assert!((1..512 << 10).contains(&peak), "{peak} KiB");
}
