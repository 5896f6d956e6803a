#!/usr/bin/env python3
"""A TAXII 2.1 client, a validator of STIX and one of patterns that we did not write, against a running node.

taxii2-client 2.3.0 signs in by Basic, walks from the discovery to a collection, reads it page by page with several page lengths, adds objects,
follows the status, asks for versions and takes one object away. Everything that it was given is judged by stix2-validator 3.2.0, each pattern by
stix2-patterns 2.1.2. The last line of the output is a JSON object with the counts.
"""

import argparse
import collections
import json
import sys
import uuid

from stix2patterns.validator import validate as pattern_is_valid
from stix2validator import ValidationOptions, validate_instance
from taxii2client.exceptions import TAXIIServiceException
from taxii2client.v21 import Server, as_pages


def demand(condition, text):
    if not condition:
        sys.exit(f"not as it should be: {text}")


def pages(collection, size, **filters):
    found = []
    for page in as_pages(collection.get_objects, per_request=size, **filters):
        found.extend(page.get("objects", []))
    return found


def malware(number, modified):
    return {
        "type": "malware",
        "spec_version": "2.1",
        "id": f"malware--{uuid.UUID(int=number, version=4)}",
        "created": "2024-01-01T00:00:00.000Z",
        "modified": modified,
        "name": "made by a client",
        "is_family": False,
    }


def change(collection):
    """Adds, asks for versions, takes away."""
    versions = ["2024-01-01T00:00:00.000Z", "2024-02-01T00:00:00.000Z"]
    sent = [malware(1, version) for version in versions] + [malware(2, versions[0])]
    status = collection.add_objects({"objects": sent}, wait_for_completion=True)
    demand(status.status == "complete" and status.success_count == 3, "three objects are there")
    status.refresh()
    demand(status.failure_count == 0 and status.pending_count == 0, "the counts add up")
    told = collection.object_versions(sent[0]["id"])
    demand(told["versions"] == versions, "both versions are listed")
    found = collection.get_object(sent[0]["id"])["objects"]
    demand(found == [sent[1]], "the last version is the one that is meant")
    found = collection.get_object(sent[0]["id"], version="all")["objects"]
    demand(found == sent[:2], "all of them on request")
    collection.delete_object(sent[0]["id"])
    try:
        collection.get_object(sent[0]["id"])
        sys.exit("it is still there")
    except Exception as error:  # requests' own kind of error
        demand("404" in str(error), str(error))
    collection.delete_object(sent[2]["id"])


def judge(objects):
    every = {version: ValidationOptions(version=version) for version in ("2.0", "2.1")}
    errors, old, warnings, patterns = [], set(), 0, 0
    for one in objects:
        version = one.get("spec_version", "2.1" if "created" not in one and "modified" not in one else "2.0")
        result = validate_instance(one, every[version])
        if version == "2.0" and result.errors:
            old.add(one["id"])
        else:
            errors.extend(f"{one['id']}: {error}" for error in result.errors)
        warnings += len(result.warnings)
        if one["type"] == "indicator" and one.get("pattern_type", "stix") == "stix":
            patterns += 1
            if not pattern_is_valid(one["pattern"], stix_version=version):
                errors.append(f"{one['id']}: its pattern")
    return errors, sorted(old), warnings, patterns


def tell(objects, count):
    """Judges what was read and tells the counts."""
    demand(len(objects) == count, f"{len(objects)} objects of {count}")
    errors, old, warnings, patterns = judge(objects)
    kinds = collections.Counter(one["type"] for one in objects)
    for error in errors[:20]:
        print(error, file=sys.stderr)
    print(json.dumps({"objects": len(objects), "kinds": len(kinds), "errors": len(errors), "old": old, "warnings": warnings, "patterns": patterns}))


def main():
    parser = argparse.ArgumentParser()
    for name in ("url", "user", "password", "certificate", "collection"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--count", required=True, type=int)
    parser.add_argument("--judge", action="store_true", help="read every version of everything and judge it, no more")
    given = parser.parse_args()
    server = Server(given.url, user=given.user, password=given.password, verify=given.certificate)
    demand(server.title and server.default is not None, "the discovery has a default root")
    root = server.default
    demand("application/taxii+json;version=2.1" in root.versions, "the root speaks 2.1")
    found = [one for one in root.collections if one.id == given.collection]
    demand(len(found) == 1 and found[0].can_read and found[0].can_write, "the collection is there, with both rights")
    collection = found[0]
    if given.judge:
        tell(pages(collection, 500, version="all", spec_version="2.0,2.1"), given.count)
        return
    objects = pages(collection, 1000)
    ids = [one["id"] for one in objects]
    demand(len(ids) == given.count and len(set(ids)) == given.count, "every object once")
    some = pages(collection, 50, type="relationship")
    wanted = [one for one in objects if one["type"] == "relationship"]
    demand(some == wanted, "small pages and large ones give the same")
    manifest = []
    for page in as_pages(collection.get_manifest, per_request=400):
        manifest.extend(page.get("objects", []))
    demand([one["id"] for one in manifest] == ids, "the manifest has the same order")
    dates = [one["date_added"] for one in manifest]
    demand(sorted(set(dates)) == dates, "no two have the same date")
    later = pages(collection, 1000, added_after=dates[-4])
    demand([one["id"] for one in later] == ids[-3:], "what was added after")
    change(collection)
    tell(objects, given.count)


if __name__ == "__main__":
    try:
        main()
    except TAXIIServiceException as error:
        sys.exit(f"the client: {error}")
