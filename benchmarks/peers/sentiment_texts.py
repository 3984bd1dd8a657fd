"""snownlp or VADER on texts: a JSON list comes in, scores and seconds of processor time go out."""

import json
import sys
import time


def read_snownlp():
    from opencc import OpenCC
    from snownlp import SnowNLP

    simplify = OpenCC("t2s").convert
    return lambda text: SnowNLP(simplify(text)).sentiments


def read_vader():
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    reader = SentimentIntensityAnalyzer()
    return lambda text: reader.polarity_scores(text)["compound"]


if __name__ == "__main__":
    score = {"snownlp": read_snownlp, "vader": read_vader}[sys.argv[1]]()
    texts = json.load(sys.stdin)
    score(texts[0])
    start = time.process_time()
    print(json.dumps({"scores": [score(t) for t in texts], "seconds": time.process_time() - start}))
