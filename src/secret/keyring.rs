//! The kernel's keyring: needs no desktop and no daemon, and keeps its entries until the machine restarts.

use crate::model::Secret;
use keyring_core::{CredentialStore, Entry, Error};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const SERVICE: &str = "fleet";
/// A keyring answers at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(3);

/// The store that entries are looked for in; none means the kernel's.
#[derive(Clone, Default)]
pub(super) struct Keyring(Option<Arc<CredentialStore>>);

impl Keyring {
    pub async fn get(&self, name: &str) -> Result<Secret, String> {
        self.with(name, |entry| entry.get_password()).await.map(Secret::new)
    }

    async fn set(&self, name: &str, secret: &Secret) -> Result<(), String> {
        let secret = secret.clone();
        self.with(name, move |entry| entry.set_password(secret.expose())).await
    }

    async fn delete(&self, name: &str) -> Result<(), String> {
        self.with(name, |entry| entry.delete_credential()).await
    }

    async fn with<T: Send + 'static>(
        &self,
        name: &str,
        act: impl FnOnce(Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, String> {
        let (store, entry) = (self.0.clone(), name.to_owned());
        let work = tokio::task::spawn_blocking(move || {
            let store: Arc<CredentialStore> = match store {
                Some(store) => store,
                None => linux_keyutils_keyring_store::Store::new()?,
            };
            act(store.build(SERVICE, &entry, None)?)
        });
        match timeout(PATIENCE, work).await {
            Err(_) => Err(format!("the keyring did not answer within {} s", PATIENCE.as_secs())),
            Ok(Err(e)) => Err(e.to_string()),
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(Error::NoEntry))) => {
                Err(format!("the keyring has no such entry (it is empty after a restart): fleet secret set {name}"))
            }
            // Its text describes the failure; the variants that hold the bytes do not print them.
            Ok(Ok(Err(e))) => Err(format!("the keyring: {e}")),
        }
    }
}

/// Stores `secret` under `name` (`keyring:NAME`), in the place of what was there.
///
/// # Errors
/// A sentence without the secret, when there is no keyring, or it is locked or refuses.
pub async fn set(name: &str, secret: &Secret) -> Result<(), String> {
    Keyring::default().set(name, secret).await
}

/// Removes the entry `name`.
///
/// # Errors
/// As for [`set`], and when there is no such entry.
pub async fn delete(name: &str) -> Result<(), String> {
    Keyring::default().delete(name).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_entry_is_set_read_and_deleted() {
        let keyring = Keyring(Some(keyring_core::mock::Store::new().unwrap()));
        assert!(keyring.get("mx").await.unwrap_err().ends_with("fleet secret set mx"));
        keyring.set("mx", &Secret::new("hunter2".into())).await.unwrap();
        assert_eq!(keyring.get("mx").await.unwrap().expose(), "hunter2");
        keyring.delete("mx").await.unwrap();
        assert!(keyring.get("mx").await.is_err());
    }

    #[tokio::test]
    async fn the_kernels_keyring_answers_whether_it_may_be_used_or_not() {
        let answer = timeout(2 * PATIENCE, Keyring::default().get("fleet-no-such-entry")).await.unwrap();
        assert!(answer.is_err());
    }
}
