"""What the sample world draws from: names, places, goods, texts."""
