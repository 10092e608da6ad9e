// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import io.ottla.log.LogHealth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The health of the log as JMX beans, under names that Kafka's operators know where Kafka has such a figure. */
final class JmxBeans {
    /** The shape of Kafka's gauges. */
    public interface GaugeMXBean {
        long getValue();
    }

    private static final Logger LOG = LoggerFactory.getLogger(JmxBeans.class);

    private JmxBeans() {}

    /** Whether somebody has started an agent. */
    static boolean wanted() {
        return !MBeanServerFactory.findMBeanServer(null).isEmpty();
    }

    /** Closing takes them away. Of several brokers in one process the first is shown. */
    static AutoCloseable show(MBeanServer server, Supplier<LogHealth> health) {
        List<ObjectName> names = new ArrayList<>();
        try {
            for (var gauge : gauges().entrySet()) {
                ObjectName name = new ObjectName(gauge.getKey());
                server.registerMBean((GaugeMXBean) () -> gauge.getValue().applyAsLong(health.get()), name);
                names.add(name);
            }
        } catch (InstanceAlreadyExistsException e) {
            LOG.debug("event=metrics_not_shown reason=\"another broker in this process has the name {}\"", e.getMessage());
        } catch (JMException e) {
            LOG.warn("event=metrics_not_shown action=gone_on_without reason=\"{}\"", e.toString());
        }
        return () -> {
            for (ObjectName name : names) {
                server.unregisterMBean(name);
            }
        };
    }

    private static Map<String, ToLongFunction<LogHealth>> gauges() {
        Map<String, ToLongFunction<LogHealth>> gauges = new LinkedHashMap<>();
        gauges.put("kafka.log:type=LogManager,name=OfflineLogDirectoryCount", all -> all.healthy() ? 0 : 1);
        gauges.put("kafka.server:type=ReplicaManager,name=OfflineReplicaCount", LogHealth::offlinePartitions);
        gauges.put("io.ottla:type=Log,name=RefusingPartitions", LogHealth::refusingPartitions);
        gauges.put("io.ottla:type=Log,name=FailedAppends", LogHealth::failedAppends);
        gauges.put("io.ottla:type=Log,name=FailedFlushes", LogHealth::failedFlushes);
        gauges.put("io.ottla:type=Log,name=FailedReads", LogHealth::failedReads);
        gauges.put("io.ottla:type=Log,name=FailedChanges", LogHealth::failedChanges);
        return gauges;
    }
}
