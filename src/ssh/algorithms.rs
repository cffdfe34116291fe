//! Which algorithms are offered, in which order, and why.

use crate::model::Fault;
use crate::model::fault::{FaultKind, Unreachable};
use russh::client::{Config, GexParams};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{AlgorithmKind, Names, Preferred, cipher, kex, mac};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// The order weighs processor time: a fixed 2048-bit group costs 10 ms, group 16 76 ms, groups 17 and 18 half a
/// second each, so the last two are left out.
const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_G14_SHA256,
    kex::DH_GEX_SHA256,
    kex::DH_G16_SHA512,
    kex::DH_G15_SHA512,
];
const LEGACY_KEX: &[kex::Name] = &[kex::DH_G14_SHA1, kex::DH_GEX_SHA1, kex::DH_G1_SHA1];
/// Not algorithms: without them in the list, strict key exchange (against Terrapin) and EXT_INFO are off.
const KEX_EXTENSIONS: &[kex::Name] = &[
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];

const CIPHERS: &[cipher::Name] = &[
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_CTR,
    cipher::AES_192_CTR,
    cipher::AES_256_CTR,
];
const LEGACY_CIPHERS: &[cipher::Name] = &[cipher::AES_128_CBC, cipher::AES_192_CBC, cipher::AES_256_CBC];

const MACS: &[mac::Name] = &[mac::HMAC_SHA256_ETM, mac::HMAC_SHA512_ETM, mac::HMAC_SHA256, mac::HMAC_SHA512];
const LEGACY_MACS: &[mac::Name] = &[mac::HMAC_SHA1_ETM, mac::HMAC_SHA1];

const KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];
/// `ssh-rsa`: the signature over the key exchange is SHA-1.
const LEGACY_KEY: Algorithm = Algorithm::Rsa { hash: None };

/// The library's configuration. Host key algorithms whose type is in `kinds` (`ssh-rsa`, `ssh-ed25519` ..) come
/// first: a server has several keys, and the one that is known is the one to ask for.
pub(super) fn config(legacy: bool, kinds: &[String]) -> Arc<Config> {
    fn list<T: Clone>(parts: &[&[T]]) -> Cow<'static, [T]> {
        Cow::Owned(parts.concat())
    }
    fn old<T>(list: &[T], legacy: bool) -> &[T] {
        if legacy { list } else { &[] }
    }
    let mut keys = KEYS.to_vec();
    if legacy {
        keys.push(LEGACY_KEY);
    }
    keys.sort_by_key(|k| !kinds.iter().any(|kind| kind == plain(k)));
    Arc::new(Config {
        preferred: Preferred {
            kex: list(&[KEX, old(LEGACY_KEX, legacy), KEX_EXTENSIONS]),
            key: Cow::Owned(keys),
            cipher: list(&[CIPHERS, old(LEGACY_CIPHERS, legacy)]),
            mac: list(&[MACS, old(LEGACY_MACS, legacy)]),
            ..Preferred::DEFAULT
        },
        // The library's default of 8192 bits costs half a second of processor time on the executor.
        gex: GexParams::new(2048, 2048, 8192).unwrap_or_default(),
        nodelay: true,
        // The window is what a far server needs to fill the line; what bounds memory is the buffer: 16 packets.
        window_size: 2 << 20,
        channel_buffer_size: 16,
        keepalive_interval: Some(Duration::from_secs(15)),
        keepalive_max: 3,
        inactivity_timeout: None,
        ..Config::default()
    })
}

/// The key type's plain name: `rsa-sha2-512` is a way to sign with an `ssh-rsa` key.
fn plain(key: &Algorithm) -> &str {
    if matches!(key, Algorithm::Rsa { .. }) { "ssh-rsa" } else { key.as_str() }
}

/// Whether a connection rests on an algorithm that only `legacy_ssh` allows.
pub(super) fn is_legacy(names: &Names) -> bool {
    LEGACY_KEX.contains(&names.kex)
        || names.key == LEGACY_KEY
        || LEGACY_CIPHERS.contains(&names.cipher)
        || LEGACY_MACS.contains(&names.client_mac)
        || LEGACY_MACS.contains(&names.server_mac)
}

/// The fault for a server that has nothing in common with the offer: its own, and the way out if there is one.
pub(super) fn no_common(kind: &AlgorithmKind, theirs: &[String], legacy: bool) -> Fault {
    fn names<T: AsRef<str>>(list: &[T]) -> Vec<&str> {
        list.iter().map(AsRef::as_ref).collect()
    }
    let (what, old) = match kind {
        AlgorithmKind::Kex => ("key exchange", names(LEGACY_KEX)),
        AlgorithmKind::Key => ("host key algorithm", vec!["ssh-rsa"]),
        AlgorithmKind::Cipher => ("cipher", names(LEGACY_CIPHERS)),
        AlgorithmKind::Mac => ("MAC", names(LEGACY_MACS)),
        AlgorithmKind::Compression => ("compression", Vec::new()),
    };
    let text = format!("no matching {what} found; the server offers {}", theirs.join(","));
    let fault = Fault::new(FaultKind::Unreachable(Unreachable::Kex), text);
    match theirs.iter().any(|t| old.contains(&t.as_str())) {
        true if !legacy => fault.with_hint(
            "if the server cannot be updated, allow its old algorithms in the inventory: `legacy_ssh: true`",
        ),
        _ => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<T: AsRef<str>>(list: &[T]) -> String {
        list.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn nothing_of_sha_1_or_cbc_is_offered_unless_asked_for() {
        for (legacy, expected) in [(false, false), (true, true)] {
            let p = config(legacy, &[]).preferred.clone();
            let keys: Vec<String> = p.key.iter().map(ToString::to_string).collect();
            let all = format!("{} {} {} {}", shown(&p.kex), shown(&p.cipher), shown(&p.mac), keys.join(","));
            for word in ["sha1", "cbc"] {
                assert_eq!(all.contains(word), expected, "{all}");
            }
            assert_eq!(keys.contains(&"ssh-rsa".to_owned()), expected);
            assert!(all.contains("kex-strict-c-v00@openssh.com") && all.contains("ext-info-c"), "{all}");
            assert!(!all.contains("none"), "{all}");
        }
        assert_eq!(config(false, &[]).gex.preferred_group_size(), 2048);
    }

    #[test]
    fn the_recorded_key_type_is_asked_for_first() {
        let keys = config(false, &["ssh-rsa".into()]).preferred.key.clone();
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        assert_eq!(
            keys.join(" "),
            "rsa-sha2-512 rsa-sha2-256 ssh-ed25519 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521"
        );
    }

    #[test]
    fn an_old_server_is_told_with_the_line_that_allows_it() {
        let theirs = ["diffie-hellman-group14-sha1".to_owned(), "diffie-hellman-group1-sha1".to_owned()];
        let fault = no_common(&AlgorithmKind::Kex, &theirs, false);
        assert_eq!(
            fault.to_string(),
            "unreachable{kex}: no matching key exchange found; the server offers diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"
        );
        assert!(fault.hint.unwrap().contains("`legacy_ssh: true`"));
        assert_eq!(no_common(&AlgorithmKind::Kex, &theirs, true).hint, None);
        assert_eq!(no_common(&AlgorithmKind::Kex, &["x".into()], false).hint, None);
    }
}
