// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import io.ottla.broker.InvalidConfig;
import io.ottla.broker.StartFailed;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The commands as picocli knows them. They are described by its builders, not by its annotations, and only the one that is asked for:
 * reading annotations takes longer than all else here.
 */
final class Commands {
    private Commands() {}

    static CommandLine commandLine(String[] args) {
        Root command = new Root();
        CommandLine root = new CommandLine(command.spec());
        String wanted = args.length == 0 ? "" : args[0];
        switch (wanted) {
            case "start" -> root.addSubcommand(new StartCommand().spec());
            case "import" -> root.addSubcommand(new ImportCommand().spec());
            default -> {
                root.addSubcommand(new StartCommand().spec());
                root.addSubcommand(new ImportCommand().spec());
                root.addSubcommand(new VersionCommand().spec());
                root.addSubcommand(new CommandLine.HelpCommand());
            }
        }
        return root.setParameterExceptionHandler(new WrongUsage()).setExecutionExceptionHandler(new Failed());
    }

    /** A command of this program; what it does is its {@code run} or {@code call}. */
    static CommandSpec describe(Object command, String name, String description) {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(command).name(name)
                .addOption(OptionSpec.builder("-h", "--help").usageHelp(true).description("Show this help.").build());
        spec.usageMessage().description(description);
        return spec;
    }

    /** The command line without a subcommand: it says which there are. */
    private static final class Root implements Runnable {
        private final CommandSpec spec = describe(this, "ottla", "An event log that speaks Kafka's wire protocol, in one small process.");

        CommandSpec spec() {
            spec.usageMessage().footer("",
                    "The launcher itself also knows: build (make everything ready, start nothing) and bench (compare with Apache Kafka).");
            return spec;
        }

        @Override
        public void run() {
            spec.commandLine().usage(System.out);
        }
    }

    private static final class WrongUsage implements CommandLine.IParameterExceptionHandler {
        @Override
        public int handleParseException(ParameterException e, String[] args) {
            String hint = "";
            if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()) {
                hint = "; did you mean " + unmatched.getSuggestions().getFirst() + "?";
            }
            System.err.println("ottla: " + Main.firstLine(e) + hint + " (see: " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)");
            return CommandLine.ExitCode.USAGE;
        }
    }

    private static final class Failed implements CommandLine.IExecutionExceptionHandler {
        @Override
        public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) throws Exception {
            if (e instanceof StartFailed || e instanceof InvalidConfig || e instanceof Failure) {
                return Main.failed(e);
            }
            throw e;
        }
    }
}
