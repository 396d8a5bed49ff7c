//! How Aloware proves itself: `Authorization: Bearer <secret>`, or `Basic` with
//! `<user>:<password>` in base64.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret;

use super::{Scheme, Verifier};
use crate::read::Forged;

pub(super) fn check(verifier: &Verifier, authorization: Option<&str>) -> Result<(), Forged> {
    let (scheme, claimed) = authorization.and_then(|it| it.split_once(' ')).ok_or(Forged)?;
    let claimed = match verifier.scheme {
        Scheme::Bearer if scheme.eq_ignore_ascii_case("bearer") => claimed.trim().into(),
        Scheme::Basic if scheme.eq_ignore_ascii_case("basic") => {
            STANDARD.decode(claimed.trim()).map_err(|_| Forged)?
        }
        Scheme::Bearer | Scheme::Basic => return Err(Forged),
    };
    // Everybody knows an empty secret.
    let mut secrets =
        verifier.secrets.iter().map(ExposeSecret::expose_secret).filter(|known| !known.is_empty());
    if secrets.any(|known| verify_slices_are_equal(known.as_bytes(), &claimed).is_ok()) {
        return Ok(());
    }
    Err(Forged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_as(scheme: Scheme, authorization: &str) -> Result<(), Forged> {
        let secrets = vec!["old:secret".into(), "new:secret".into(), "".into()];
        check(&Verifier { scheme, secrets }, Some(authorization))
    }

    #[test]
    fn either_secret_serves_during_a_rotation() {
        for secret in ["old:secret", "new:secret"] {
            let basic = STANDARD.encode(secret);
            for scheme in ["Basic", "basic"] {
                assert_eq!(check_as(Scheme::Basic, &format!("{scheme} {basic}")), Ok(()));
            }
            for scheme in ["Bearer", "BEARER"] {
                assert_eq!(check_as(Scheme::Bearer, &format!("{scheme} {secret}")), Ok(()));
            }
        }
    }

    #[test]
    fn whoever_shows_anything_else_is_refused() {
        let basic = STANDARD.encode("old:secret");
        let (wrong, empty) = (STANDARD.encode("old:Secret"), STANDARD.encode(""));
        for bad in ["", "Bearer", "Bearer ", "Bearer old", "Bearer OLD:SECRET", "old:secret"] {
            assert_eq!(check_as(Scheme::Bearer, bad), Err(Forged), "{bad}");
        }
        for bad in [&format!("Basic {wrong}"), &format!("Basic {empty}"), "Basic %%", "Basic "] {
            assert_eq!(check_as(Scheme::Basic, bad), Err(Forged), "{bad}");
        }
        // The right secret in the other scheme is not what was agreed.
        assert_eq!(check_as(Scheme::Bearer, &format!("Basic {basic}")), Err(Forged));
        assert_eq!(check_as(Scheme::Basic, "Bearer old:secret"), Err(Forged));
        let nobody = Verifier { scheme: Scheme::Bearer, secrets: vec!["secret".into()] };
        assert_eq!(check(&nobody, None), Err(Forged));
    }
}
