//! The files of `--tls-listen`, read and checked: at the start and with each reload.
//!
//! Twin of `src/server/tls/files.ts`.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, RootCertStore, ServerConfig};

use super::{ALPN_FRAMED, ALPN_HTTP};
use crate::config::settings::TlsSettings;
use crate::file_kinds::{self, FileKind};
use crate::regular_file;
use crate::texts::{file as file_texts, tls as texts};

/// The certificates and the key in force from now on; the error names the file.
pub fn load(settings: &TlsSettings) -> Result<Arc<ServerConfig>, String> {
    let TlsSettings { cert, key, client_ca, .. } = settings;
    let chain = certificates(cert, file_kinds::TLS_CERT)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let refused = |reason: &str| file_texts::cannot_read(file_kinds::TLS_KEY.title, key.display(), reason);
    let pem = read_key(key)?;
    let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| refused(texts::NO_KEY))?;
    let signer = provider.key_provider.load_private_key(private).map_err(|_| refused(texts::NO_KEY))?;
    let certified = CertifiedKey::new(chain, signer);
    match certified.keys_match() {
        Err(Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
            return Err(refused(&texts::other_key(cert.display())));
        }
        Err(Error::InconsistentKeys(_)) | Ok(()) => {}
        Err(_) => return Err(malformed(cert, file_kinds::TLS_CERT)),
    }
    let mut roots = RootCertStore::empty();
    for root in certificates(client_ca, file_kinds::TLS_CA)? {
        roots.add(root).map_err(|_| malformed(client_ca, file_kinds::TLS_CA))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        // A stranger learns no names of CAs.
        .clear_root_hint_subjects()
        .build()
        .map_err(|_| malformed(client_ca, file_kinds::TLS_CA))?;
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
    let builder = builder.map_err(|error| error.to_string())?.with_client_cert_verifier(verifier);
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![ALPN_FRAMED.to_vec(), ALPN_HTTP.to_vec()];
    // No resumption: every connection is checked against the CA in force. No early data: it could be replayed.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

fn certificates(path: &Path, kind: FileKind) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = regular_file::read(path, kind)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let all = all.map_err(|_| malformed(path, kind))?;
    if all.is_empty() {
        return Err(file_texts::cannot_read(kind.title, path.display(), texts::NO_CERTIFICATE));
    }
    if all.iter().any(|one| webpki::EndEntityCert::try_from(one).is_err()) {
        return Err(malformed(path, kind));
    }
    Ok(all)
}

fn malformed(path: &Path, kind: FileKind) -> String {
    file_texts::cannot_read(kind.title, path.display(), texts::MALFORMED)
}

/// Others may neither read nor replace the key; its group may read it, because service managers give it so.
fn read_key(path: &Path) -> Result<Vec<u8>, String> {
    let kind = file_kinds::TLS_KEY;
    let pem = regular_file::read(path, kind)?;
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.mode() & 0o7777);
    if mode & 0o027 != 0 {
        let reason = texts::open_mode(format!("{mode:03o}"));
        return Err(file_texts::cannot_read(kind.title, path.display(), reason));
    }
    Ok(pem)
}
