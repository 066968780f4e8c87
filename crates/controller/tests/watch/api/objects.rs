//! Objects with their versions, and what happened to them.

use super::merge::{merge, prune};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where an object is.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Key {
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(resource: &str, name: &str) -> Self {
        let [resource, namespace, name] = [resource, "default", name].map(str::to_owned);
        Self { resource, namespace, name }
    }
}

/// Something that happened, as a watch shows it.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) what: Value,
}

/// HTTP status and message of a refusal.
pub(crate) type Refusal = (u16, &'static str);

#[derive(Debug, Default)]
pub(crate) struct Objects {
    objects: BTreeMap<Key, Value>,
    changes: Vec<Change>,
    version: u64,
}

impl Objects {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Value> {
        self.objects.get(key)
    }

    pub(crate) fn list(&self, resource: &str, namespace: Option<&str>) -> Vec<Value> {
        let is_listed = |key: &Key| {
            key.resource == resource && namespace.is_none_or(|namespace| key.namespace == namespace)
        };
        self.objects.iter().filter(|(key, _)| is_listed(key)).map(|(_, o)| o.clone()).collect()
    }

    pub(crate) fn changes_since(&self, version: u64) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.version > version)
    }

    pub(crate) fn changes_of(&self, key: &Key) -> usize {
        let is_it = |change: &&Change| {
            change.resource == key.resource
                && change.namespace == key.namespace
                && change.what["object"]["metadata"]["name"] == key.name
        };
        self.changes.iter().filter(is_it).count()
    }

    pub(crate) fn create(&mut self, key: &Key, mut object: Value) -> Result<Value, Refusal> {
        if self.objects.contains_key(key) {
            return Err((409, "AlreadyExists"));
        }
        let now = jiff::Timestamp::now().round(jiff::Unit::Second).unwrap();
        let metadata = object["metadata"].as_object_mut().unwrap();
        metadata.insert("name".to_owned(), json!(key.name));
        metadata.insert("namespace".to_owned(), json!(key.namespace));
        metadata.insert("uid".to_owned(), json!(format!("uid-{}", self.version + 1)));
        metadata.insert("creationTimestamp".to_owned(), json!(now.to_string()));
        metadata.insert("generation".to_owned(), json!(1));
        Ok(self.put(key, object, "ADDED"))
    }

    /// A patch of the object, or of its status alone.
    pub(crate) fn patch(
        &mut self,
        key: &Key,
        patch: &Value,
        is_status: bool,
        prunes: bool,
    ) -> Result<Value, Refusal> {
        let old = self.objects.get(key).ok_or((404, "NotFound"))?.clone();
        let expected = patch.pointer("/metadata/resourceVersion");
        if expected.is_some_and(|version| *version != old["metadata"]["resourceVersion"]) {
            return Err((409, "Conflict"));
        }
        let mut new = old.clone();
        merge(&mut new, patch);
        let (kept, taken) = if is_status { (&old, &new) } else { (&new, &old) };
        let mut result = kept.clone();
        match taken.get("status") {
            Some(status) => result["status"] = status.clone(),
            None => drop(result.as_object_mut().map(|object| object.remove("status"))),
        }
        if prunes {
            prune(&mut result);
        }
        Ok(self.change(key, &old, result))
    }

    /// Replaces all of the object but its status, or that alone.
    pub(crate) fn replace(
        &mut self,
        key: &Key,
        mut new: Value,
        is_status: bool,
    ) -> Result<Value, Refusal> {
        let old = self.objects.get(key).ok_or((404, "NotFound"))?.clone();
        if new["metadata"]["resourceVersion"] != old["metadata"]["resourceVersion"] {
            return Err((409, "Conflict"));
        }
        if is_status {
            new = json!({"status": new["status"]});
            for (name, value) in
                old.as_object().unwrap().iter().filter(|(name, _)| *name != "status")
            {
                new[name] = value.clone();
            }
        } else {
            new["status"] = old["status"].clone();
        }
        Ok(self.change(key, &old, new))
    }

    fn change(&mut self, key: &Key, old: &Value, mut new: Value) -> Value {
        if new == *old {
            return new;
        }
        if new["spec"] != old["spec"] {
            let generation = old["metadata"]["generation"].as_u64().unwrap_or_default();
            new["metadata"]["generation"] = json!(generation + 1);
        }
        self.put(key, new, "MODIFIED")
    }

    pub(crate) fn delete(&mut self, key: &Key) -> Result<Value, Refusal> {
        let mut object = self.objects.get(key).ok_or((404, "NotFound"))?.clone();
        if object["metadata"]["deletionTimestamp"].is_null() {
            let now = jiff::Timestamp::now().round(jiff::Unit::Second).unwrap();
            object["metadata"]["deletionTimestamp"] = json!(now.to_string());
        }
        Ok(self.put(key, object, "MODIFIED"))
    }

    /// Somebody else changes the object.
    pub(crate) fn disturb(&mut self, key: &Key) {
        if let Some(mut object) = self.objects.get(key).cloned() {
            let annotations = object["metadata"].as_object_mut().unwrap();
            let annotations = annotations.entry("annotations").or_insert_with(|| json!({}));
            annotations["storm"] = json!(self.version.to_string());
            self.put(key, object, "MODIFIED");
        }
    }

    fn put(&mut self, key: &Key, mut object: Value, what: &str) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let is_gone = !object["metadata"]["deletionTimestamp"].is_null()
            && object["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty);
        let what = if is_gone { "DELETED" } else { what };
        if is_gone {
            self.objects.remove(key);
        } else {
            self.objects.insert(key.clone(), object.clone());
        }
        let mut shown = Map::new();
        shown.insert("type".to_owned(), json!(what));
        shown.insert("object".to_owned(), object.clone());
        self.changes.push(Change {
            version: self.version,
            resource: key.resource.clone(),
            namespace: key.namespace.clone(),
            what: Value::Object(shown),
        });
        if is_gone {
            self.collect(&object["metadata"]["uid"]);
        }
        object
    }

    /// Deletes what belongs to the object that had `uid`, as Kubernetes' garbage collector does.
    fn collect(&mut self, uid: &Value) {
        let is_theirs = |object: &Value| {
            let owners = object["metadata"]["ownerReferences"].as_array();
            owners.is_some_and(|owners| owners.iter().any(|owner| owner["uid"] == *uid))
        };
        let theirs = self.objects.iter().filter(|(_, object)| is_theirs(object));
        let keys: Vec<_> = theirs.map(|(key, _)| key.clone()).collect();
        for key in keys {
            drop(self.delete(&key));
        }
    }
}
