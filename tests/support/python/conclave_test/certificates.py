"""Authorities and client certificates that tests make for themselves."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def _now():
    return datetime.datetime.now(datetime.timezone.utc)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


class ClientCertificate:
    """A file with a certificate, what stands behind it, and its key; as ssl's clients take it."""

    def __init__(self, file, certificate, key, behind=()):
        self.file = str(file)
        self.certificate = certificate
        self.chain = "".join(_pem(each) for each in (certificate, *behind))
        file.write_text(self.chain + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()).decode())
        file.chmod(0o600)


class Authority:
    """Issues client certificates into files of `folder`."""

    def __init__(self, folder, name, issuer=None):
        self.folder, self.name, self.issuer = folder, name, issuer
        self.key = ec.generate_private_key(ec.SECP256R1())
        made = self._build(name, self.key, issuer or self, -30, 300).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = made.sign((issuer or self).key, hashes.SHA256())
        self.pem = _pem(self.certificate)

    def _build(self, name, key, issuer, from_days, until_days):
        return (x509.CertificateBuilder().subject_name(_name(name))
                .issuer_name(_name(issuer.name)).public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(_now() + from_days * DAY)
                .not_valid_after(_now() + until_days * DAY))

    def _behind(self):
        """The certificates between what this one issues and the root."""
        return () if self.issuer is None else (self.certificate, *self.issuer._behind())

    def issue(self, name, from_days=-1, until_days=1, use=ExtendedKeyUsageOID.CLIENT_AUTH):
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._build(name, key, self, from_days, until_days).add_extension(
            x509.ExtendedKeyUsage([use]), critical=False)
        return ClientCertificate(self.folder / f"{self.name}-{name}.pem",
                                 made.sign(self.key, hashes.SHA256()), key, self._behind())

    def revocations(self, *revoked, from_days=-1, until_days=1):
        """A revocation list in PEM."""
        made = (x509.CertificateRevocationListBuilder().issuer_name(_name(self.name))
                .last_update(_now() + from_days * DAY).next_update(_now() + until_days * DAY))
        for each in revoked:
            made = made.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number)
                .revocation_date(_now() - DAY).build())
        return made.sign(self.key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM).decode()
