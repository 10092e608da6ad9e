// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import io.ottla.broker.InvalidConfig;
import io.ottla.broker.StartFailed;

/**
 * The program. Exit codes: 0, done; 1, it could not be done; 2, the command line is wrong. Either failure is one line on
 * standard error.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** What is asked for most goes without picocli, which takes longer to load than a broker to start. */
    private static int run(String[] args) {
        String only = args.length == 1 ? args[0] : "";
        try {
            if (only.equals("version")) {
                return new VersionCommand().call();
            }
            if (only.equals("train")) {
                return Training.run();
            }
            StartOptions start = StartOptions.plain(args);
            if (start != null) {
                JdkProviders.settle();
                return RunningBroker.run(start.config());
            }
        } catch (StartFailed | InvalidConfig | Failure e) {
            return failed(e);
        } catch (Exception e) {
            e.printStackTrace();
            return 1;
        }
        return Commands.commandLine(args).execute(args);
    }

    /** Says what could not be done; returns the exit code. */
    static int failed(Exception e) {
        System.err.println("ottla: " + firstLine(e));
        return 1;
    }

    static String firstLine(Exception e) {
        return e.getMessage().lines().findFirst().orElse(e.toString());
    }
}
