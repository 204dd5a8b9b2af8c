#!/bin/sh
# Makes the certificates of test_tls in the folder $1. One key for all leaves: only the papers differ.
set -eu
cd "$1"
exec 2>log
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key 2>/dev/null ||
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key
cp ca.key leaf.key

root() { # name
	openssl req -x509 -new -key ca.key -out "$1.pem" -days 30 -subj "/CN=$1" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
}
leaf() { # name days issuer extensions
	printf '%b' "basicConstraints=CA:FALSE\n$4\n" >"$1.ext"
	openssl req -new -key leaf.key -subj "/CN=${5:-$1}" |
		openssl x509 -req -CA "$3.pem" -CAkey "${6:-ca.key}" -CAcreateserial -days "$2" \
			-extfile "$1.ext" -out "$1.pem"
}
inter() { # name constraints [days [key]]
	printf 'basicConstraints=critical,%s\nkeyUsage=critical,keyCertSign\n' "$2" >"$1.ext"
	openssl req -new -key "${4:-ca.key}" -subj "/CN=$1" |
		openssl x509 -req -CA root.pem -CAkey ca.key -CAcreateserial -days "${3:-30}" -extfile "$1.ext" \
			-out "$1.pem"
}

san='subjectAltName=DNS:mail.example.org\nextendedKeyUsage=serverAuth'
root root
root other
inter inter CA:TRUE
inter notca CA:FALSE
leaf valid 30 root "$san"
leaf chained 30 inter "$san"
leaf badchain 30 notca "$san"
leaf wildcard 30 root 'subjectAltName=DNS:*.example.org'
leaf toowild 30 root 'subjectAltName=DNS:*.org,DNS:m*.example.org,DNS:*.*.org'
leaf address 30 root 'subjectAltName=IP:127.0.0.1,IP:::1'
leaf unknown 30 other "$san"
leaf expired -1 root "$san"
leaf wronghost 30 root 'subjectAltName=DNS:www.example.org'
leaf cnother 30 root 'subjectAltName=DNS:www.example.org' mail.example.org
leaf cnonly 30 root 'extendedKeyUsage=serverAuth' mail.example.org
leaf client 30 root 'subjectAltName=DNS:mail.example.org\nextendedKeyUsage=clientAuth'
openssl genrsa -out weak.key 1024
inter weak CA:TRUE 30 weak.key
inter old CA:TRUE -1
leaf weaksigned 30 weak "$san" weaksigned weak.key
leaf oldsigned 30 old "$san"
leaf critical 30 root "$san\\n1.2.3.4=critical,DER:05:00"
leaf rooted 30 other "$san"
printf '%b' "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nserial=number\ndefault_md=sha256\n" \
	"policy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\n$san\n" >later.conf
: >index
openssl req -new -key leaf.key -subj /CN=later -out later.csr
openssl ca -batch -notext -config later.conf -rand_serial -cert root.pem -keyfile ca.key -in later.csr \
	-out later.pem -startdate 20700101000000Z -enddate 20710101000000Z
openssl req -x509 -new -key leaf.key -out selfsigned.pem -days 30 -subj /CN=mail.example.org \
	-addext subjectAltName=DNS:mail.example.org
cp chained.pem missing.pem
cat inter.pem >>chained.pem
cat weak.pem >>weaksigned.pem
cat old.pem >>oldsigned.pem
cat other.pem >>rooted.pem
cat notca.pem >>badchain.pem
for f in *.pem; do
	openssl x509 -in "$f" -outform DER | sha256sum | cut -d' ' -f1 >"${f%.pem}.sha256"
done
