// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Disk;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The data directory: held by one broker at a time, and with an identity in Kafka's `meta.properties`. */
final class DataDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(DataDirectory.class);
    private static final String META = "meta.properties";

    private final AutoCloseable lock;
    private final String clusterId;

    private DataDirectory(AutoCloseable lock, String clusterId) {
        this.lock = lock;
        this.clusterId = clusterId;
    }

    static DataDirectory open(Disk disk, Path path, int nodeId) throws IOException {
        create(disk, path);
        AutoCloseable lock = disk.lock(path.resolve(".lock"));
        try {
            return new DataDirectory(lock, clusterId(disk, path, nodeId));
        } catch (IOException e) {
            release(lock);
            throw e;
        }
    }

    /** Creates the directory and its missing parents, durably. */
    private static void create(Disk disk, Path path) throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        if (disk.isDirectory(path) || parent == null) {
            return;
        }
        create(disk, parent);
        disk.createDirectories(path);
        disk.syncDirectory(parent);
    }

    private static String clusterId(Disk disk, Path path, int nodeId) throws IOException {
        Path meta = path.resolve(META);
        if (disk.exists(meta)) {
            Properties properties = new Properties();
            properties.load(new StringReader(StandardCharsets.UTF_8.decode(SmallFiles.read(disk, meta)).toString()));
            String known = properties.getProperty("cluster.id");
            if (known == null) {
                throw new IOException(meta + " names no cluster.id");
            }
            return known;
        }
        String fresh = Uuid.randomUuid().toString();
        if (disk.exists(path.resolve(LocalCatalog.JOURNAL))) {
            LOG.warn("event=cluster_id_lost file={} action=made_a_new_one cluster_id={}", meta, fresh);
        }
        String text = "version=1\ncluster.id=" + fresh + "\nnode.id=" + nodeId + "\ndirectory.id=" + Uuid.randomUuid() + "\n";
        SmallFiles.replace(disk, meta, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        return fresh;
    }

    String clusterId() {
        return clusterId;
    }

    void close() throws IOException {
        release(lock);
    }

    static void release(AutoCloseable lock) throws IOException {
        try {
            lock.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException("the data directory's lock cannot be released", e);
        }
    }
}
