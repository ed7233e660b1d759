#!/bin/sh
# Prints what compose.yaml needs to be told, with secrets that nobody else has: ./compose.env.sh > compose.env
set -eu

hex() { od -An -vtx1 -N24 /dev/urandom | tr -d ' \n'; }

password=$(hex)
echo "# For development, made by compose.env.sh. In production, secrets come from where you keep secrets."
echo "POSTGRES_USER=heddle"
echo "POSTGRES_PASSWORD=$password"
for name in house commerce social finance enterprise; do
    echo "HEDDLE_$(echo $name | tr a-z A-Z)_DATABASE_URL=postgresql://heddle:$password@postgres/$name"
done
for name in TOKEN_SECRET CURSOR_SECRET INDEX_SECRET CARRIERS_KEY RECOMMENDATIONS_KEY SCREENING_KEY; do
    echo "HEDDLE_$name=$(hex)"
done
echo "HEDDLE_ENCRYPTION_KEYS=k1:$(head -c 32 /dev/urandom | base64)"
echo "HEDDLE_PAYMENTS_KEY=sk_test_$(hex)"
echo "HEDDLE_PAYMENTS_WEBHOOK_SECRET=whsec_$(hex)"
