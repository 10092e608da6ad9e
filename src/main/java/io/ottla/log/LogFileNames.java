// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;

/** How files and folders are named: Kafka's names. */
final class LogFileNames {
    static final String LOG = ".log";
    static final String OFFSET_INDEX = ".index";
    static final String TIME_INDEX = ".timeindex";
    static final String TRANSACTION_INDEX = ".txnindex";
    static final String SNAPSHOT = ".snapshot";
    static final String DELETED = ".deleted";
    static final String CLEANED = ".cleaned";
    static final String SWAP = ".swap";
    static final String TEMPORARY = ".tmp";
    static final String DELETED_FOLDER = "-delete";
    static final String STRAY_FOLDER = "-stray";
    static final String PARTITION_METADATA = "partition.metadata";
    static final String LEADER_EPOCHS = "leader-epoch-checkpoint";

    private static final int DIGITS = 20;
    private static final int UUID_CHARS = 22;
    /** File systems take names of 255 bytes, topics may have 249. */
    private static final int MAX_DELETED_TOPIC = 200;

    private LogFileNames() {}

    /** The base offset in 20 digits, then the suffix. */
    static String of(long baseOffset, String suffix) {
        String digits = Long.toString(baseOffset);
        return "0".repeat(DIGITS - digits.length()) + digits + suffix;
    }

    /** The base offset in a file name that ends in {@code suffix}, or -1 if it is not one of ours. */
    static long baseOffset(String name, String suffix) {
        if (name.length() != DIGITS + suffix.length() || !name.endsWith(suffix)) {
            return -1;
        }
        long result = 0;
        for (int i = 0; i < DIGITS; i++) {
            int digit = name.charAt(i) - '0';
            if (digit < 0 || digit > 9 || result > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            result = result * 10 + digit;
        }
        return result;
    }

    /** What a partition's folder is called once it is deleted; the id keeps it apart from a successor's. */
    static String deletedFolder(PartitionId id) {
        String topic = id.topic().substring(0, Math.min(MAX_DELETED_TOPIC, id.topic().length()));
        return topic + "-" + id.index() + "." + id.topicId() + DELETED_FOLDER;
    }

    /** Whether a folder is called as a deleted partition's. Whatever else is in the data directory may be somebody's. */
    static boolean isDeletedFolder(String name) {
        int dot = name.length() - DELETED_FOLDER.length() - UUID_CHARS - 1;
        return name.endsWith(DELETED_FOLDER) && dot > 0 && name.charAt(dot) == '.' && isFolder(name.substring(0, dot));
    }

    /** Whether a folder is called as a partition's: topic, dash, number. */
    static boolean isFolder(String name) {
        int dash = name.lastIndexOf('-');
        return dash > 0 && dash < name.length() - 1 && name.chars().skip(dash + 1).allMatch(digit -> digit >= '0' && digit <= '9');
    }

    /** What a folder is called that was found where another topic's should be. */
    static String strayFolder(PartitionId id, long nowMs) {
        String topic = id.topic().substring(0, Math.min(MAX_DELETED_TOPIC, id.topic().length()));
        return topic + "-" + id.index() + "." + Long.toHexString(nowMs) + STRAY_FOLDER;
    }

    static String folder(PartitionId id) {
        return id.topic() + "-" + id.index();
    }
}
