//! Passwords: argon2id, checked a few at a time.

use std::sync::LazyLock;

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{SaltString, rand_core::OsRng},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

/// Each check takes 19 MiB (the crate's defaults are OWASP's minimum: 19456 KiB, 2 passes, 1 lane), so that not more
/// than a few may run at once, whoever asks.
static TURNS: Semaphore = Semaphore::const_new(4);

/// Checked for people who do not exist, so that they take as long as those who do.
static NOBODY: LazyLock<String> = LazyLock::new(|| hashed(&SecretString::from("nobody".to_owned())));

/// The hash that is stored.
pub async fn hash(password: SecretString) -> String {
    in_turn(move || hashed(&password)).await
}

/// Whether the password is the one that was hashed; takes as long without a hash.
pub async fn is_right(password: SecretString, hash: Option<String>) -> bool {
    in_turn(move || {
        let real = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let Ok(parsed) = PasswordHash::new(&hash) else { return false };
        let fits = Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok();
        fits && real
    })
    .await
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let _turn = TURNS.acquire().await.expect("the semaphore is never closed");
    tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
}

fn hashed(password: &SecretString) -> String {
    let salt = SaltString::generate(&mut OsRng);
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes(), &salt);
    hash.expect("the default parameters are valid").to_string()
}
