// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;

/** The topics of the catalog. */
record CatalogTopics(TopicCatalog catalog) implements TopicView {
    @Override
    public Known find(String name) {
        Topic topic = catalog.topics().get(name);
        return topic == null ? null : new Known(topic.id(), name, topic.partitions().size());
    }
}
