package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.provider.SchemaRewriter.Result;
import io.llmrelay.provider.SchemaRewriter.Types;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaRewriterTest {
  private static JsonObject json(String json) {
    return new JsonObject(json.replace('\'', '"'));
  }

  private static void rewrites(SchemaRewriter rewriter, String from, String to, String... dropped) {
    JsonObject schema = json(from);
    Result result = rewriter.rewrite(schema);
    assertThat(result.schema()).isEqualTo(json(to));
    assertThat(result.dropped()).containsExactlyInAnyOrder(dropped);
    assertThat(schema).isEqualTo(json(from));
  }

  @Test
  void changesNothingWithoutRules() {
    String schema =
        "{'$ref':'#/$defs/a','$defs':{'a':{'const':1}},'allOf':[{'type':['string','null']}],"
            + "'prefixItems':[true,{'not':{}}],'x-own':{'type':3}}";
    rewrites(SchemaRewriter.builder().build(), schema, schema.replace("true", "{}"));
  }

  @Test
  void keepsPropertiesWhateverTheirName() {
    rewrites(
        SchemaRewriter.builder().keep("type", "properties", "items").build(),
        "{'$schema':'s','type':'object','properties':{'pattern':{'type':'string','pattern':'a'},"
            + "'title':{'type':'array','items':{'type':'integer','title':'t'}}}}",
        "{'type':'object','properties':{'pattern':{'type':'string'},"
            + "'title':{'type':'array','items':{'type':'integer'}}}}",
        "pattern",
        "title");
  }

  @Test
  void dropsAndRenames() {
    rewrites(
        SchemaRewriter.builder().drop("title").rename("oneOf", "anyOf").build(),
        "{'oneOf':[{'type':'string','title':'t'},{'type':'null'}]}",
        "{'anyOf':[{'type':'string'},{'type':'null'}]}",
        "title");
  }

  @Test
  void inlinesReferencesWithWhatStandsBesideThem() {
    rewrites(
        SchemaRewriter.builder().inlineReferences().build(),
        "{'$ref':'#/definitions/p','definitions':{'p':{'type':'object','description':'old',"
            + "'properties':{'x':{'$ref':'#/definitions/a~1b%20c','description':'new'}}},"
            + "'a/b c':{'type':'string','description':'old'}}}",
        "{'type':'object','description':'old',"
            + "'properties':{'x':{'type':'string','description':'new'}}}");
  }

  @Test
  void unrollsRecursionToALimit() {
    rewrites(
        SchemaRewriter.builder().inlineReferences().build(),
        "{'$ref':'#/$defs/n','$defs':{'n':{'type':'object',"
            + "'properties':{'next':{'$ref':'#/$defs/n'}}}}}",
        "{'type':'object','properties':{'next':{'type':'object',"
            + "'properties':{'next':{'type':'object'}}}}}",
        "$ref");
    rewrites(
        SchemaRewriter.builder().inlineReferences().build(),
        "{'properties':{'a':{'$ref':'#/nowhere','description':'d'},'b':{'$ref':'http://x/y'}}}",
        "{'properties':{'a':{'description':'d'},'b':{}}}",
        "$ref");
  }

  @Test
  void boundsWhatReferencesUnrollTo() {
    StringBuilder defs = new StringBuilder();
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      all.append(i == 0 ? "" : ",").append("'p").append(i).append("':{'$ref':'#/$defs/d");
      all.append(i).append("'}");
    }
    for (int i = 0; i < 12; i++) {
      defs.append(i == 0 ? "" : ",").append("'d").append(i).append("':{'type':'object',");
      defs.append("'properties':{").append(all).append("}}");
    }
    JsonObject schema = json("{'$ref':'#/$defs/d0','$defs':{" + defs + "}}");
    SchemaRewriter rewriter = SchemaRewriter.builder().inlineReferences().build();
    Result result =
        Assertions.assertTimeoutPreemptively(
            Duration.ofSeconds(10), () -> rewriter.rewrite(schema));
    assertThat(result.dropped()).contains("$ref");
    assertThat(result.schema().toBuffer().length()).isLessThan(2_000_000);
  }

  @Test
  void endsWithADeepSchema() {
    StringBuilder schema = new StringBuilder("{'type':'string'}");
    for (int i = 0; i < 200; i++) {
      schema.insert(0, "{'type':'array','items':").append("}");
    }
    Result result = SchemaRewriter.builder().build().rewrite(json(schema.toString()));
    assertThat(result.dropped()).containsExactly("items");
  }

  @Test
  void mergesAllOf() {
    rewrites(
        SchemaRewriter.builder().inlineReferences().mergeAllOf().build(),
        "{'type':'object','properties':{'a':{'minimum':1}},'required':['a'],"
            + "'allOf':[{'$ref':'#/$defs/b'},{'properties':{'a':{'type':'integer','minimum':5}},"
            + "'additionalProperties':false,'allOf':[{'type':['object','array']}]}],"
            + "'$defs':{'b':{'properties':{'b':{'type':'string'}},'required':['b','a']}}}",
        "{'type':'object','properties':{'a':{'minimum':5,'type':'integer'},'b':{'type':'string'}},"
            + "'required':['a','b'],'additionalProperties':false}");
    rewrites(
        SchemaRewriter.builder().mergeAllOf().build(),
        "{'enum':[1,2,3],'allOf':[{'enum':[2,3,4]},{'pattern':'a'},{'pattern':'b'}]}",
        "{'enum':[2,3],'pattern':'a'}",
        "pattern");
  }

  @Test
  void writesConstAsEnum() {
    rewrites(
        SchemaRewriter.builder().constAsEnum().build(),
        "{'properties':{'const':{'const':'x'}}}",
        "{'properties':{'const':{'enum':['x']}}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {'type':['string','null']}|{'type':'string','nullable':true}
          {'type':['null']}|{'type':'null','nullable':true}
          {'anyOf':[{'type':'string','pattern':'p'},{'type':'null'}],'description':'d'}\
          |{'description':'d','nullable':true,'type':'string','pattern':'p'}
          {'anyOf':[{'type':'string'},{'type':'integer'},{'type':'null'}]}\
          |{'anyOf':[{'type':'string'},{'type':'integer'}],'nullable':true}
          {'enum':['a',null],'type':'string'}|{'enum':['a'],'type':'string','nullable':true}
          {'type':['array','string'],'items':{'type':['integer','null']},'maxLength':3,'title':'t'}\
          |{'title':'t','anyOf':[{'type':'array','items':{'type':'integer','nullable':true}},\
          {'type':'string','maxLength':3}]}
          """)
  void writesNullAsNullable(String from, String to) {
    rewrites(SchemaRewriter.builder().types(Types.NULLABLE).build(), from, to);
  }

  @Test
  void writesSeveralTypesAsAlternatives() {
    rewrites(
        SchemaRewriter.builder().types(Types.ANY_OF).keep("type", "anyOf", "enum").build(),
        "{'type':['string','null','integer'],'enum':['a',7,'b',null],'maxLength':3}",
        "{'anyOf':[{'type':'string','enum':['a','b']},{'type':'null','enum':[null]},"
            + "{'type':'integer','enum':[7]}]}",
        "maxLength");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {'prefixItems':[{'type':'string'},{'type':'string'}],'items':false}\
          |{'maxItems':2,'items':{'type':'string'}}
          {'items':[{'type':'string'},{'type':'integer'}],'additionalItems':{'type':'null'}}\
          |{'items':{'anyOf':[{'type':'string'},{'type':'integer'},{'type':'null'}]}}
          {'prefixItems':[{'type':'string'}]}|{}
          """)
  void writesTuplesAsItems(String from, String to) {
    rewrites(SchemaRewriter.builder().tuplesAsItems().build(), from, to);
  }

  @Test
  void writesInclusiveBounds() {
    SchemaRewriter rewriter = SchemaRewriter.builder().inclusiveBounds().build();
    rewrites(
        rewriter,
        "{'type':'integer','exclusiveMinimum':0,'exclusiveMaximum':10}",
        "{'type':'integer','minimum':1,'maximum':9}");
    rewrites(
        rewriter,
        "{'type':'number','exclusiveMinimum':0.5}",
        "{'type':'number','minimum':0.5}",
        "exclusiveMinimum");
  }

  @Test
  void makesTheRootAnObject() {
    SchemaRewriter rewriter = SchemaRewriter.builder().objectAtRoot().build();
    rewrites(rewriter, "{}", "{'type':'object','properties':{}}");
    rewrites(
        rewriter,
        "{'properties':{'a':{'type':'string'}}}",
        "{'properties':{'a':{'type':'string'}},'type':'object'}");
  }
}
