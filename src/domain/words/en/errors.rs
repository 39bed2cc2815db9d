//! What a person is told when a call did not work.

use crate::domain::{ApiError, Field};

/// What happened and what to do.
#[must_use]
pub fn error(error: ApiError) -> &'static str {
    match error {
        ApiError::SignedOut => "You are signed out. Sign in again to go on.",
        ApiError::NotFound => "It is not here, or it is somebody else’s. Check the address.",
        ApiError::NotAllowed => "Your role does not allow this. Ask an owner of the workspace.",
        ApiError::Changed => "Somebody changed it a moment ago. Look at it again, then decide.",
        ApiError::WrongPassword => "The e-mail or the password is wrong. Check both and try again.",
        ApiError::BadInput(field) => bad_field(field),
        ApiError::TooMany => "Too many tries. Wait a few minutes, then try again.",
        ApiError::Unavailable => {
            "Greentick could not do it now. Try again in a moment. If it stays so, whoever runs this Greentick finds the reason in its log."
        }
    }
}

/// What a field must be.
#[must_use]
pub fn bad_field(field: Field) -> &'static str {
    match field {
        Field::Name => "Enter a name of 1 to 80 characters.",
        Field::Email => "Enter an e-mail address, like ada@example.com.",
        Field::Password => "Choose a password of 12 to 200 characters.",
        Field::ClientId => "Copy the client id from the app’s page at the network. It has no spaces.",
        Field::ClientSecret => "Copy the client secret from the app’s page at the network. It has no spaces.",
        Field::ClientKey => "Enter a private key on P-256 as PKCS#8, or nothing to have one made.",
        Field::Address => "Enter the address of one of its other servers, like git.example.com.",
        Field::HookSecret => "Copy the secret for messages from the app’s page at the network. It has no spaces.",
    }
}

/// An address that nobody of ours has made.
pub const ADDRESS_TOO_LONG: &str = "This address is too long. Go back, and follow the link again.";
/// More cookies and headers than the server reads.
pub const HEAD_TOO_LARGE: &str =
    "Your browser sent more cookies than Greentick reads. Delete this site’s cookies, then try again.";
/// More text than any form here has.
pub const FORM_TOO_LARGE: &str = "This is more text than fits into a form here. Make it shorter, then try again.";
/// A form that came in too slowly.
pub const FORM_TOO_SLOW: &str = "The form took too long to arrive. Check your connection, then try again.";
/// The database has no room: what a person reads, who cannot make any.
pub const DISK_FULL: &str = "Greentick’s disk is full. Tell the person who runs this Greentick to make room; then look at \
                             the icon, and click it if it is still red.";

/// For a person who asked a network to have their data deleted, and was sent here.
pub const PERMISSION_ENDED: &str = "The network told us that you took your permission back. It has ended here. To ask what else is \
    stored of you, turn to the business that you gave it to.";
