//! Certificates for a TLS front that looks like DynamoDB's, so that a handshake costs a client what it costs there.
//!
//! AWS's servers present three certificates with RSA keys of 2048 bits: the server's own, the intermediate that
//! signed it, and the root that signed that one, in a form that an older root has signed for clients which do not
//! know the new root. A client that knows it checks two certificates and never looks at the third.

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
    RsaKeySize,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A chain of certificates and the key of its end.
pub(crate) struct Chain {
    /// What a server presents.
    pub(crate) presented: Vec<CertificateDer<'static>>,
    /// The server's key.
    pub(crate) key: PrivateKeyDer<'static>,
    /// The root to trust, as a PEM file has it.
    pub(crate) root: String,
}

impl Chain {
    /// A new chain for the host `name`.
    pub(crate) fn generate(name: &str) -> Result<Self> {
        let (old, root, intermediate, server) = (key()?, key()?, key()?, key()?);
        let (old_name, root_name) = (authority("Bench Old Root")?, authority("Bench Root")?);
        let intermediate_name = authority("Bench Intermediate")?;
        let old = Issuer::from_params(&old_name, old);

        let trusted = root_name.self_signed(&root)?;
        let cross_signed = root_name.signed_by(&root, &old)?;
        let root = Issuer::from_params(&root_name, root);
        let signer = intermediate_name.signed_by(&intermediate, &root)?;
        let intermediate = Issuer::from_params(&intermediate_name, intermediate);
        let leaf = CertificateParams::new([name.to_owned()])?.signed_by(&server, &intermediate)?;

        Ok(Self {
            presented: [leaf, signer, cross_signed]
                .map(|certificate| certificate.der().clone())
                .to_vec(),
            key: PrivateKeyDer::try_from(server.serialize_der())
                .map_err(anyhow::Error::msg)
                .context("the server's key")?,
            root: trusted.pem(),
        })
    }
}

fn key() -> Result<KeyPair> {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).context("an RSA key")
}

/// What a certificate that signs others says of itself.
fn authority(name: &str) -> Result<CertificateParams> {
    let mut parameters = CertificateParams::new([])?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(parameters)
}
