#!/usr/bin/env bash
set -e
az login --service-principal -u "$APP" -p "$SECRET" --tenant "$TENANT"
az ml folder attach -w shop -g "$GROUP"
az ml model register -n basket -p outputs/basket.pkl --tag build="$BUILD" -t model.json
az ml model deploy --name basket -f model.json \
  --ic inferenceconfig.json \
  --dc deploymentconfig.json --overwrite -v
URI=$(az ml service show -n basket --query scoringUri -o tsv)
curl -X POST "$URI" -d @request.json
az ml service get-logs -n basket | tail -n 20
