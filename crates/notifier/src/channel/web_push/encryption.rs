//! Encrypts a payload so that only the browser can read it (RFC 8291, with RFC 8188's `aes128gcm`).

use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    error::Unspecified,
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
    rand::{SecureRandom, SystemRandom},
};

use crate::subscription::Keys;

/// The size that records are said to have. There is only one, and it is shorter.
const RECORD_SIZE: u32 = 4096;

/// Marks the last record.
const LAST_RECORD: u8 = 2;

/// `payload` under a key that is made for this one message.
pub(super) fn encrypt(payload: &[u8], to: &Keys) -> Result<Vec<u8>, Unspecified> {
    let random = SystemRandom::new();
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &random)?;
    let own_public = own.compute_public_key()?;
    let peer = UnparsedPublicKey::new(&ECDH_P256, &to.public);
    let shared = agree_ephemeral(own, &peer, |shared| Salt::new(HKDF_SHA256, &to.auth).extract(shared))?;
    let secret = expand::<32>(&shared, &[b"WebPush: info\0", &to.public, own_public.as_ref()])?;

    let mut salt = [0; 16];
    random.fill(&mut salt)?;
    let keys = Salt::new(HKDF_SHA256, &salt).extract(&secret);
    let key = UnboundKey::new(&AES_128_GCM, &expand::<16>(&keys, &[b"Content-Encoding: aes128gcm\0"])?)?;
    let nonce = Nonce::assume_unique_for_key(expand(&keys, &[b"Content-Encoding: nonce\0"])?);
    let mut record = payload.to_vec();
    record.push(LAST_RECORD);
    LessSafeKey::new(key).seal_in_place_append_tag(nonce, Aad::empty(), &mut record)?;

    let mut body = salt.to_vec();
    body.extend(RECORD_SIZE.to_be_bytes());
    // An uncompressed point of P-256 has 65 bytes.
    body.push(65);
    body.extend(own_public.as_ref());
    body.extend(record);
    Ok(body)
}

/// As many bytes as an array holds, for HKDF.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const BYTES: usize>(from: &Prk, info: &[&[u8]]) -> Result<[u8; BYTES], Unspecified> {
    let mut bytes = [0; BYTES];
    from.expand(info, Length(BYTES))?.fill(&mut bytes)?;
    Ok(bytes)
}
