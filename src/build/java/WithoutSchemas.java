// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Rewrites kafka-clients' list of APIs so that it names no schemas: to read them there sets up those of every version of every API, though nobody
 * who sends or answers requests looks at them. See docs/decisions. The launcher runs this on its own copy of the jar.
 */
final class WithoutSchemas {
    private static final String LIST = "org/apache/kafka/common/message/ApiMessageType.class";
    private static final ClassDesc SCHEMA = ClassDesc.of("org.apache.kafka.common.protocol.types.Schema");

    private WithoutSchemas() {}

    public static void main(String[] jars) throws IOException {
        for (String jar : jars) {
            rewrite(Path.of(jar));
        }
    }

    private static void rewrite(Path jar) throws IOException {
        Path temporary = jar.resolveSibling(jar.getFileName() + ".new");
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            if (zip.getEntry(LIST) == null) {
                return;
            }
            try (OutputStream file = Files.newOutputStream(temporary); ZipOutputStream out = new ZipOutputStream(file)) {
                for (ZipEntry entry : zip.stream().toList()) {
                    byte[] bytes = zip.getInputStream(entry).readAllBytes();
                    out.putNextEntry(new ZipEntry(entry.getName()));
                    out.write(entry.getName().equals(LIST) ? withoutSchemas(bytes) : bytes);
                    out.closeEntry();
                }
            }
        }
        Files.move(temporary, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    /** What the list reads from a message's class becomes an array of none. */
    private static byte[] withoutSchemas(byte[] list) {
        ClassFile classFile = ClassFile.of();
        return classFile.transformClass(classFile.parse(list), ClassTransform.transformingMethodBodies((code, element) -> {
            if (element instanceof FieldInstruction field && field.name().equalsString("SCHEMAS")) {
                code.iconst_0().anewarray(SCHEMA);
            } else {
                code.with(element);
            }
        }));
    }
}
