use serde_json::json;

use super::*;

/// RFC 7515, appendix A.2: RS256.
const RSA: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const RSA_KEY: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

/// RFC 7515, appendix A.3: ES256.
const EC: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

/// RFC 8037, appendix A.4: Ed25519. It signs no JSON, so it is only good for its signature.
const ED_KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const ED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn set() -> Vec<Key> {
    keys(&json!({ "keys": [
        { "kty": "RSA", "n": RSA_KEY, "e": "AQAB", "kid": "r" },
        { "kty": "EC", "crv": "P-256", "kid": "e", "use": "sig",
          "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" },
        { "kty": "OKP", "crv": "Ed25519", "kid": "o", "x": ED_KEY },
        { "kty": "RSA", "n": RSA_KEY, "e": "AQAB", "use": "enc" },
        { "kty": "oct", "k": "AAAA" },
        { "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA" },
    ]}))
}

const ALL: [Alg; 4] = [Alg::Rs256, Alg::Ps256, Alg::Es256, Alg::EdDsa];

#[test]
fn the_standards_own_examples_are_signed_by_their_keys() {
    assert_eq!(set().len(), 3, "what cannot have signed is left out");
    for (token, alg) in [(RSA, Alg::Rs256), (EC, Alg::Es256)] {
        let signed = Signed::read(token).expect("it is one");
        assert_eq!((signed.alg, &signed.says()["iss"]), (Some(alg), &"joe".into()));
        assert_eq!(signed.by(&set(), &ALL), By::Theirs, "{alg:?}");
        assert_eq!(signed.by(&[], &ALL), By::UnknownKey, "{alg:?}");
        let others: Vec<_> = ALL.into_iter().filter(|other| *other != alg).collect();
        assert_eq!(signed.by(&set(), &others), By::Nobody, "{alg:?} was not registered");
    }
    assert!(Signed::read(ED).is_none(), "it signs something else than claims");
    let (input, signature) = ED.rsplit_once('.').expect("parts");
    let signature = decoded(signature).expect("base64");
    let signed = Signed { alg: Some(Alg::EdDsa), key_id: None, payload: json!({}), input, signature };
    assert_eq!(signed.by(&set(), &ALL), By::Theirs);
}

#[test]
fn a_byte_that_differs_is_nobodys() {
    let signature_at = RSA.rfind('.').expect("parts") + 1;
    for at in [signature_at, signature_at + 40, RSA.len() - 3, 25, 60] {
        let mut altered = RSA.to_owned().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).expect("ASCII");
        let by = Signed::read(&altered).map(|signed| signed.by(&set(), &ALL));
        assert!(matches!(by, None | Some(By::Nobody)), "byte {at}: {by:?}");
    }
}

#[test]
fn what_is_not_signed_or_wants_what_nobody_knows_is_not_read() {
    let encoded = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let token = |header: Value, signature: &str| format!("{}.{}.{signature}", encoded(header), encoded(json!({})));
    for alg in ["none", "None", "HS256", "RS512", ""] {
        let token = token(json!({ "alg": alg }), "");
        assert_eq!(Signed::read(&token).map(|signed| signed.by(&set(), &ALL)), Some(By::Nobody), "{alg}");
    }
    for header in
        [json!({}), json!({ "alg": null }), json!({ "alg": 5 }), json!({ "alg": "RS256", "crit": ["b64"] }), json!("x")]
    {
        assert!(Signed::read(&token(header.clone(), "")).is_none(), "{header}");
    }
    for token in ["", ".", "..", "e30", "e30.e30", "e30.e30.", "a b.e30.", "e30.W10.", "e30.e30.e30.e30"] {
        assert!(Signed::read(token).is_none_or(|signed| signed.by(&set(), &ALL) == By::Nobody), "{token}");
    }
}

#[test]
fn without_a_name_a_key_is_only_found_where_there_is_one() {
    let mut set = set();
    let rsa = Signed::read(RSA).expect("it is one");
    set.push(Key { id: Some("another".to_owned()), ..set[0].clone() });
    assert_eq!(rsa.by(&set, &ALL), By::Nobody, "two could have signed it");
    let named = Signed { key_id: Some("r".to_owned()), ..Signed::read(RSA).expect("it is one") };
    assert_eq!(named.by(&set, &ALL), By::Theirs);
    let unknown = Signed { key_id: Some("newer".to_owned()), ..Signed::read(RSA).expect("it is one") };
    assert_eq!(unknown.by(&set, &ALL), By::UnknownKey);
}
